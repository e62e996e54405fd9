/** The version of this Lathe, as bundles and models name it. */
export { version as LATHE_VERSION } from '../../package.json';
