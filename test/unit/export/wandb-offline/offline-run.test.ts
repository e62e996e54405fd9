import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../../src/base/crc32';
import { LogWriter } from '../../../../src/export/wandb-offline/log-blocks';
import { folderOf, offlineFiles, type OfflineRun } from '../../../../src/export/wandb-offline/offline-run';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Records of a file, read by the rules of the format alone. */
function readLog(file: Uint8Array): Uint8Array[] {
  expect([...file.subarray(0, 7)]).toEqual([...new TextEncoder().encode(':W&B'), 0xe1, 0xbe, 0]);
  const records: Uint8Array[] = [];
  let pieces: number[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 7; at < file.length;) {
    const left = 32_768 - (at % 32_768);
    if (left < 7) {
      expect(file.subarray(at, at + left).every((byte) => byte === 0)).toBe(true);
      at += left;
      continue;
    }
    const size = view.getUint16(at + 4, true);
    const type = file[at + 6];
    expect(size).toBeLessThanOrEqual(left - 7);
    expect(view.getUint32(at, true)).toBe(crc32(file.subarray(at + 6, at + 7 + size)));
    expect([1, 2].includes(type)).toBe(pieces.length === 0 && (type === 1 || type === 2));
    pieces.push(...file.subarray(at + 7, at + 7 + size));
    if (type === 1 || type === 4) {
      records.push(Uint8Array.from(pieces));
      pieces = [];
    }
    at += 7 + size;
  }
  expect(pieces).toEqual([]);
  return records;
}

describe('the container', () => {
  it.each([0, 1, 100, 32_760, 32_761, 32_768, 100_000])(
    'holds records of %i bytes whole, over the ends of blocks',
    (size) => {
      const records = Array.from({ length: 4 }, (_, n) =>
        Uint8Array.from({ length: size + n }, (_, i) => (i * 7 + n) & 255),
      );
      const log = new LogWriter();
      for (const record of records) log.add(record);
      expect(readLog(log.bytes()).filter(({ length }) => length > 0)).toEqual(
        records.filter(({ length }) => length > 0),
      );
    },
  );

  it('leaves no header over the end of a block', () => {
    const log = new LogWriter();
    // 7 of the file and 7 of the record: 3 bytes are left in the block, too few for a header.
    log.add(new Uint8Array(32_768 - 14 - 3).fill(1));
    log.add(Uint8Array.of(9));
    expect(readLog(log.bytes()).at(-1)).toEqual(Uint8Array.of(9));
  });
});

/** Fields of a message by number: numbers as they are, the rest as bytes. */
function fields(bytes: Uint8Array): Map<number, (number | string | Uint8Array)[]> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, (number | string | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === WireType.LengthDelimited ? reader.bytes() : Number(reader.int64());
    found.set(number, [...(found.get(number) ?? []), value]);
  }
  return found;
}

const inner = (message: ReturnType<typeof fields>, number: number): ReturnType<typeof fields> => {
  const value = message.get(number)?.[0];
  if (!(value instanceof Uint8Array)) throw new Error(`There is no message in field ${number}.`);
  return fields(value);
};

const string = (value: unknown): string => new TextDecoder().decode(value as Uint8Array);

const items = (message: ReturnType<typeof fields>, number: number, valueField: number): Record<string, string> =>
  Object.fromEntries(
    (message.get(number) ?? []).map((item) => {
      const at = fields(item as Uint8Array);
      return [string(at.get(1)?.[0]), string(at.get(valueField)?.[0])];
    }),
  );

const run: OfflineRun = {
  id: 'abcdefgh',
  name: 'digits',
  entity: null,
  project: 'lathe',
  group: null,
  notes: 'a note',
  tags: ['x', 'y'],
  started: START,
  ended: { at: START + 5000, exitCode: 1 },
  params: { 'training.batch_size': 32 },
  origin: { id: 'abcdefgh', version: '1.0.0', facts: {}, author: null },
  summary: { 'best/loss': 0.25 },
  points: [
    {
      metric: 'loss',
      steps: Float64Array.of(0, 1),
      values: Float64Array.of(1, NaN),
      times: Float64Array.of(START, START + 1000),
    },
    {
      metric: 'system/cpu_percent',
      steps: Float64Array.of(1),
      values: Float64Array.of(50),
      times: Float64Array.of(START + 1500),
    },
  ],
  media: [{ run_id: 'abcdefgh', name: 'words', step: 1, time: START + 1000, content: { kind: 'text', text: 'hello' } }],
  lines: [{ run_id: 'abcdefgh', at: START, level: 'error', message: 'it broke' }],
  files: [{ path: 'config.yaml', bytes: Uint8Array.of(1, 2) }],
};

describe('an offline run', () => {
  it('has the folder, the records and the files that wandb sync looks for', async () => {
    expect(folderOf(run)).toBe('offline-run-20260102_030405-abcdefgh');
    const files = await offlineFiles(run);
    const folder = `wandb/${folderOf(run)}`;
    expect(files.map(({ path }) => path)).toEqual([
      `${folder}/run-abcdefgh.wandb`,
      `${folder}/files/lathe/config.yaml`,
      expect.stringMatching(`^${folder}/files/media/html/words_1_[0-9a-f]{20}.html$`),
    ]);
    const records = readLog(files[0].bytes).map(fields);
    expect(records.map((record) => record.get(1)?.[0])).toEqual(records.map((_, i) => i + 1));
    // header, run, two rows of history, machine, console, files, summary, exit
    expect(records.map((record) => [...record.keys()].find((key) => key !== 1 && key !== 200))).toEqual([
      21, 17, 2, 2, 7, 13, 6, 3, 18,
    ]);

    const facts = inner(records[1], 17);
    expect([1, 3, 8, 9].map((number) => string(facts.get(number)?.[0]))).toEqual([
      'abcdefgh',
      'lathe',
      'digits',
      'a note',
    ]);
    expect(facts.get(10)?.map(string)).toEqual(['x', 'y']);
    expect(items(inner(facts, 4), 1, 16)).toMatchObject({ training: '{"batch_size":32}' });
    expect(inner(facts, 17).get(1)).toEqual([START / 1000]);

    expect(items(inner(records[2], 2), 1, 16)).toEqual({
      loss: '1',
      _step: '0',
      _timestamp: `${START / 1000}`,
      _runtime: '0',
    });
    const second = items(inner(records[3], 2), 1, 16);
    expect(second.loss).toBe('NaN');
    expect(JSON.parse(second.words)).toMatchObject({ _type: 'html-file' });
    expect(items(inner(records[4], 7), 3, 16)).toEqual({ 'proc.cpu.percent': '50' });
    expect(inner(records[4], 7).has(2)).toBe(true);
    expect(string(inner(records[5], 13).get(3)?.[0])).toBe('it broke\n');
    expect(items(inner(records[7], 3), 1, 16)).toMatchObject({ loss: 'NaN', 'best/loss': '0.25', _step: '1' });
    expect([1, 2].map((number) => inner(records[8], 18).get(number)?.[0])).toEqual([1, 5]);
  });

  it('of a run that has not ended has no end', async () => {
    const [file] = await offlineFiles({ ...run, ended: null });
    expect(readLog(file.bytes).some((record) => fields(record).has(18))).toBe(false);
  });
});
