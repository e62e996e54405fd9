/**
 * Compiles an update rule to WebAssembly: four elements at a time, every operation rounded once to float32 in the order in
 * which it is written. WebAssembly has no fused multiply-add outside its relaxed instructions, so every machine gives the
 * same bits.
 */
import type { CollectiveRule } from '../../training/collective';
import { parseRule, ruleError, type Expression, type Operator } from './rule-syntax';
import { wasm, type Code, type ValueType, type WasmFunction } from './wasm-module';

const OPERATORS: Record<Operator, Code> = { '+': wasm.add, '-': wasm.sub, '*': wasm.mul, '/': wasm.div };

/** Functions by the number of their operands. */
const FUNCTIONS = new Map<string, { operands: number; code: Code }>([
  ['sqrt', { operands: 1, code: wasm.sqrt }],
  ['abs', { operands: 1, code: wasm.abs }],
  ['min', { operands: 2, code: wasm.min }],
  ['max', { operands: 2, code: wasm.max }],
]);

/**
 * The function `update(from, to, gradient, end, factor, keep, fresh, …scalars)`. Reads the state at address `from` and the
 * gradient from `gradient` up to address `end`, a multiple of 16 bytes apart, multiplies the gradient by `factor`, and
 * writes the state at `to`, with the average as `keep · average + fresh · w`. Scalars are in the rule's order.
 * @param vectors Where weights, slots in their order, and the average if there is one, lie in a state: bytes from its start.
 * @throws LatheError where the rule is not understood.
 */
export function compileRule(rule: CollectiveRule, vectors: readonly number[]): WasmFunction {
  const [from, to, gradient, end, factor, keep, fresh] = [0, 1, 2, 3, 4, 5, 6];
  const params: ValueType[] = [
    'i32',
    'i32',
    'i32',
    'i32',
    'f32',
    'f32',
    'f32',
    ...rule.scalars.map(() => 'f32' as const),
  ];
  const locals: ValueType[] = [];
  const newLocal = (): number => params.length + locals.push('v128') - 1;

  const kept = ['w', ...rule.slots];
  const known = new Map<string, number>();
  const define = (name: string): number => {
    if (known.has(name)) throw ruleError(`names two things “${name}”`);
    const local = newLocal();
    known.set(name, local);
    return local;
  };
  const lookUp = (name: string): number => {
    const local = known.get(name);
    if (local === undefined) throw ruleError(`uses “${name}”, which is nothing that it was given`);
    return local;
  };
  const emit = (expression: Expression): Code => {
    switch (expression.kind) {
      case 'number':
        return wasm.fours(expression.value);
      case 'name':
        return wasm.get(lookUp(expression.name));
      case 'negate':
        return [...emit(expression.operand), ...wasm.neg];
      case 'binary':
        return [...emit(expression.left), ...emit(expression.right), ...OPERATORS[expression.operator]];
      case 'call':
        return emitCall(expression.name, expression.operands);
    }
  };
  const emitCall = (name: string, operands: readonly Expression[]): Code => {
    const wanted = name === 'sign' ? 1 : FUNCTIONS.get(name)?.operands;
    if (wanted === undefined) throw ruleError(`calls “${name}”, which is not known there`);
    if (operands.length !== wanted) throw ruleError(`calls “${name}” with ${operands.length} operands, not ${wanted}`);
    const values = operands.flatMap(emit);
    if (name !== 'sign') return [...values, ...(FUNCTIONS.get(name)?.code ?? [])];
    // 1 where above 0, less 1 where below: masks cut the number out.
    const value = newLocal();
    const cut = (comparison: Code): Code => [
      ...[wasm.get(value), wasm.fours(0), comparison, wasm.fours(1), wasm.and].flat(),
    ];
    return [...values, ...wasm.set(value), ...cut(wasm.greater), ...cut(wasm.less), ...wasm.sub];
  };
  /** The bits of NaN are up to the machine: all are written alike, so that hashes agree when a run diverges. */
  const sameNaN = (value: number): Code =>
    [wasm.get(value), wasm.fourNaNs, wasm.get(value), wasm.get(value), wasm.equal, wasm.bitselect].flat();

  const spread = (param: number, local: number): Code => [wasm.get(param), wasm.splat, wasm.set(local)].flat();
  const factors = newLocal();
  const before = [
    ...spread(factor, factors),
    ...rule.scalars.flatMap((name, i) => spread(fresh + 1 + i, define(name))),
  ];
  const g = define('g');
  const body = [
    ...[wasm.get(gradient), wasm.load(), wasm.get(factors), wasm.mul, wasm.set(g)].flat(),
    ...kept.flatMap((name, i) => [wasm.get(from), wasm.load(vectors[i]), wasm.set(define(name))].flat()),
  ];
  for (const statement of parseRule(rule.wgsl)) {
    const { kind, name, value } = statement;
    if (kind === 'assign' && !kept.includes(name)) throw ruleError(`assigns to “${name}”, which is not kept`);
    const code = emit(value);
    body.push(...code, ...wasm.set(kind === 'let' ? define(name) : lookUp(name)));
  }
  if (rule.ema !== null) {
    const [keeps, freshes, average] = [newLocal(), newLocal(), newLocal()];
    before.push(...spread(keep, keeps), ...spread(fresh, freshes));
    const averages = [wasm.get(from), wasm.load(vectors[kept.length]), wasm.get(keeps), wasm.mul].flat();
    const weights = [wasm.get(lookUp('w')), wasm.get(freshes), wasm.mul].flat();
    body.push(...averages, ...weights, ...wasm.add, ...wasm.set(average));
    body.push(...wasm.get(to), ...sameNaN(average), ...wasm.store(vectors[kept.length]));
  }
  for (const [i, name] of kept.entries())
    body.push(...wasm.get(to), ...sameNaN(lookUp(name)), ...wasm.store(vectors[i]));
  for (const address of [from, to, gradient]) {
    body.push(...[wasm.get(address), wasm.i32Const(16), wasm.i32Add, wasm.set(address)].flat());
  }
  const done = [wasm.get(gradient), wasm.get(end), wasm.i32GreaterEqual].flat();
  return { name: 'update', params, results: [], locals, body: [...before, ...wasm.until(done, body)] };
}
