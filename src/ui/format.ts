/** Numbers as people read them; those outside the page write them alike. */
export * from '../base/format';
