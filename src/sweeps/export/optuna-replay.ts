/**
 * Carries out the operations of an Optuna journal one by one, as Optuna does when it opens the file
 * (`JournalStorageReplayResult`): what came too late, or from a worker that lost a race, is passed over.
 */
import type { ParameterSpec } from '../../config/search/space';
import { sameValue } from '../../config/search/ranges';
import { distributionOf } from '../space/distribution';
import { OP, STATE_CODE } from './optuna-codes';
import { readDistribution } from './optuna-distribution';
import type { Operation, OperationOf } from './optuna-operations';

/** A value of a parameter with the range that it was drawn from. */
export interface OptunaParameter {
  spec: ParameterSpec;
  /** The range as its JSON text: equal texts are equal ranges. */
  json: string;
  /** The number itself, or the index of a choice. */
  internal: number;
}

/** A trial as Optuna has it. */
export interface OptunaTrial {
  /** One of `STATE_CODE`. */
  state: number;
  values: number[] | null;
  /** Milliseconds since the epoch. */
  started: number | null;
  ended: number | null;
  params: Map<string, OptunaParameter>;
  /** By step. */
  intermediate: Map<number, number>;
  user: Record<string, unknown>;
  system: Record<string, unknown>;
}

/** A study as Optuna has it. */
export interface OptunaStudy {
  name: string;
  /** 1: minimise, 2: maximise. */
  directions: (1 | 2)[];
  user: Record<string, unknown>;
  system: Record<string, unknown>;
  trials: OptunaTrial[];
}

const FINISHED: readonly number[] = [STATE_CODE.complete, STATE_CODE.pruned, STATE_CODE.failed];

/** Studies and trials while a journal is read. */
export class OptunaReplay {
  /** By id; null once deleted. */
  readonly #studies: (OptunaStudy | null)[] = [];
  /** By id, over all studies. */
  readonly #trials: { trial: OptunaTrial; study: OptunaStudy }[] = [];
  /** The range that a parameter of a study was first given. */
  readonly #firstRange = new Map<OptunaStudy, Map<string, ParameterSpec>>();
  /** Ten thousand trials have few ranges, and each in as many lines. */
  readonly #ranges = new Map<string, ParameterSpec>();

  /** The studies that were not deleted. */
  get studies(): OptunaStudy[] {
    return this.#studies.filter((study) => study !== null);
  }

  /** Carries out one operation. @throws Error whose message goes on from “line 12: ”. */
  apply(operation: Operation): void {
    switch (operation.op_code) {
      case OP.createStudy:
        return this.#createStudy(operation);
      case OP.deleteStudy:
        if (this.#study(operation.study_id)) this.#studies[operation.study_id] = null;
        return;
      case OP.studyUserAttribute: {
        const study = this.#study(operation.study_id);
        if (study) study.user = { ...study.user, ...operation.user_attr };
        return;
      }
      case OP.studySystemAttribute: {
        const study = this.#study(operation.study_id);
        if (study) study.system = { ...study.system, ...operation.system_attr };
        return;
      }
      case OP.createTrial:
        return this.#createTrial(operation);
      case OP.trialParameter:
        return this.#setParameter(operation);
      case OP.trialState:
        return this.#setState(operation);
      case OP.intermediateValue:
        this.#unfinished(operation.trial_id)?.trial.intermediate.set(operation.step, operation.intermediate_value);
        return;
      case OP.trialUserAttribute: {
        const found = this.#unfinished(operation.trial_id);
        if (found) found.trial.user = { ...found.trial.user, ...operation.user_attr };
        return;
      }
      case OP.trialSystemAttribute: {
        const found = this.#unfinished(operation.trial_id);
        if (found) found.trial.system = { ...found.trial.system, ...operation.system_attr };
        return;
      }
      case OP.discardTrials:
        return;
    }
  }

  #createStudy({ study_name: name, directions }: OperationOf<typeof OP.createStudy>): void {
    // Of two workers that create the same study, the second finds it made.
    if (this.studies.some((study) => study.name === name)) return;
    this.#studies.push({ name, directions, user: {}, system: {}, trials: [] });
  }

  #createTrial(operation: OperationOf<typeof OP.createTrial>): void {
    const study = this.#study(operation.study_id);
    if (!study) return;
    const params = new Map<string, OptunaParameter>();
    for (const [name, internal] of Object.entries(operation.params)) {
      if (!Object.hasOwn(operation.distributions, name)) throw new Error(`the parameter ${name} has no distribution`);
      params.set(name, this.#parameter(study, name, internal, operation.distributions[name]));
    }
    const { state, value, values, datetime_start, datetime_complete, user_attrs, system_attrs } = operation;
    const trial: OptunaTrial = {
      state,
      values: this.#values(study, state, values ?? (value === null ? null : [value])),
      started: datetime_start,
      ended: datetime_complete,
      params,
      intermediate: new Map(
        Object.entries(operation.intermediate_values).map(([step, reported]) => [Number(step), reported]),
      ),
      user: user_attrs,
      system: system_attrs,
    };
    study.trials.push(trial);
    this.#trials.push({ trial, study });
  }

  #setParameter(operation: OperationOf<typeof OP.trialParameter>): void {
    const found = this.#unfinished(operation.trial_id);
    if (!found) return;
    const { param_name: name, param_value_internal: internal, distribution } = operation;
    const first = this.#firstRange.get(found.study)?.get(name);
    const parameter = this.#parameter(found.study, name, internal, distribution);
    // Optuna refuses a range of another kind; the worker that asked for it fails, its line stays.
    if (first && !isCompatible(first, parameter.spec)) return;
    found.trial.params.set(name, parameter);
  }

  #setState(operation: OperationOf<typeof OP.trialState>): void {
    const found = this.#unfinished(operation.trial_id);
    if (!found) return;
    const { trial, study } = found;
    const { state, values, datetime_start, datetime_complete } = operation;
    // The second of two workers that popped the same waiting trial.
    if (state === STATE_CODE.running && trial.state === STATE_CODE.running) return;
    trial.state = state;
    trial.started = state === STATE_CODE.running ? datetime_start : (trial.started ?? datetime_start);
    trial.ended = datetime_complete ?? trial.ended;
    trial.values = this.#values(study, state, values) ?? trial.values;
  }

  #values(study: OptunaStudy, state: number, values: number[] | null): number[] | null {
    const expected = study.directions.length;
    if (state === STATE_CODE.complete && values?.length !== expected) {
      throw new Error(`a complete trial has ${values?.length ?? 0} values, and its study ${expected} objectives`);
    }
    return values;
  }

  #parameter(study: OptunaStudy, name: string, internal: number, json: string): OptunaParameter {
    const spec = this.#ranges.get(json) ?? readDistribution(json);
    if (!spec) throw new Error(`the distribution of ${name} is none of Optuna’s: ${json.slice(0, 200)}`);
    this.#ranges.set(json, spec);
    const isChoice = spec.type === 'categorical' || spec.type === 'bool';
    const choices = spec.type === 'categorical' ? spec.choices.length : 2;
    if (isChoice ? !(internal >= 0 && internal < choices) : !Number.isFinite(internal)) {
      throw new Error(`${name} has the value ${internal}, which is not in ${json.slice(0, 200)}`);
    }
    const ofStudy = this.#firstRange.get(study) ?? new Map<string, ParameterSpec>();
    this.#firstRange.set(study, ofStudy);
    if (!ofStudy.has(name)) ofStudy.set(name, spec);
    return { spec, json, internal: spec.type === 'float' ? internal : Math.trunc(internal) };
  }

  /** The study of an id, null where it was deleted meanwhile. */
  #study(id: number): OptunaStudy | null {
    if (id >= this.#studies.length) throw new Error(`it is about the study ${id}, which no line before it creates`);
    return this.#studies[id];
  }

  /** The trial of an id, null where it has ended: what is told of it then does not count. */
  #unfinished(id: number): { trial: OptunaTrial; study: OptunaStudy } | null {
    const found = this.#trials.at(id);
    if (!found) throw new Error(`it is about the trial ${id}, which no line before it creates`);
    return FINISHED.includes(found.trial.state) ? null : found;
  }
}

/** `optuna.distributions.check_distribution_compatibility` */
function isCompatible(first: ParameterSpec, next: ParameterSpec): boolean {
  const [a, b] = [distributionOf(first), distributionOf(next)];
  if (a.type === 'categorical' && b.type === 'categorical') return sameValue(a.choices, b.choices);
  return a.type === b.type && 'log' in a && 'log' in b && a.log === b.log;
}
