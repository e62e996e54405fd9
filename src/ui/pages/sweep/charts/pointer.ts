/**
 * The pointer over a chart. What a chart shows to the pointer is in the study's table too, which is there for the keyboard.
 */
import type { Attachment } from 'svelte/attachments';

/** What a chart does with the pointer; places in pixels from its upper left corner. */
export interface PointerTarget {
  move(x: number, y: number): void;
  leave(): void;
  /** `touch`: by a finger, which cannot hover first. */
  press(x: number, y: number, touch: boolean): void;
}

/** Tells `target` of the pointer over an element. */
export function pointer(target: PointerTarget): Attachment<HTMLElement> {
  return (element) => {
    const place = (event: MouseEvent): [x: number, y: number] => {
      const { left, top } = element.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const move = (event: PointerEvent): void => {
      // A finger that scrolls chooses nothing.
      if (event.pointerType !== 'touch') target.move(...place(event));
    };
    const leave = (event: PointerEvent): void => {
      if (event.pointerType !== 'touch') target.leave();
    };
    const press = (event: PointerEvent): void => target.press(...place(event), event.pointerType === 'touch');
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('click', press);
    return () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('click', press);
    };
  };
}
