import { Farewell } from './farewell';
import { Inbox } from './inbox';
import type { Link, Traffic } from './link';

/** What every end of a link is, whatever carries it: its handlers, what waits for them, its traffic, and that it closes once. */
export abstract class LinkEnd implements Link {
  closed = false;
  /** Why it closed; empty before. */
  protected reason = '';
  protected readonly counted: Traffic = { sent: 0, received: 0 };
  protected readonly messages = new Inbox(() => this.close('Control messages arrive faster than they are taken.'));
  protected readonly frames = new Inbox(() => this.close('Frames arrive faster than they are taken.'));
  private readonly farewell = new Farewell();

  get traffic(): Readonly<Traffic> {
    return this.counted;
  }

  get onMessage(): Link['onMessage'] {
    return this.messages.handler;
  }

  set onMessage(handler: Link['onMessage']) {
    this.messages.handler = handler;
  }

  get onFrame(): Link['onFrame'] {
    return this.frames.handler;
  }

  set onFrame(handler: Link['onFrame']) {
    this.frames.handler = handler;
  }

  get onClose(): Link['onClose'] {
    return this.farewell.handler;
  }

  set onClose(handler: Link['onClose']) {
    this.farewell.handler = handler;
  }

  abstract send(message: Uint8Array): void;
  abstract sendFrame(frame: Uint8Array): Promise<void>;
  abstract close(reason: string): void;

  /** Ends this side and tells `onClose`, once the current call is over: nothing is sent or delivered any more. */
  protected end(reason: string): void {
    this.closed = true;
    this.reason = reason;
    this.messages.clear();
    this.frames.clear();
    this.farewell.say(reason);
  }
}
