/** What the conformance suite is run against. To add one: its file here, its line below. */
import type { Subject } from '../subject';
import { mlflowSubject } from './mlflow';
import { prometheusSubject } from './prometheus';
import { tensorboardSubject } from './tensorboard';
import { subject } from './wandb';

/** Every tracker that there is, with a server of its kind. */
export const SUBJECTS: readonly Subject[] = [mlflowSubject, subject, tensorboardSubject, prometheusSubject];
