/** Where files of a run are at W&B. */

/** Names that W&B’s own files of a run have. */
const RESERVED = /^(config\.yaml|output\.log|diff\.patch|requirements\.txt|wandb-[^/]*|(media|logs|code)\/.*)$/;

/** Where a file of a run is there: under its own path, but for those that W&B gives a meaning of its own. */
export const remotePath = (path: string): string => (RESERVED.test(path) ? `lathe/${path}` : path);
