/**
 * The page, driven: Lathe in a headless browser on a profile of its own, with typed calls into `window.lathe`. Files go
 * in by their paths through the page's hidden inputs and come out as downloads.
 */
import { mkdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Download, Page } from 'playwright-core';
import * as v from 'valibot';
import { LatheError } from '../src/base/errors';
import type { StudyFormat, Workbench } from '../src/app/api';
import type {} from '../src/app/driver';
import type { ModelRef } from '../src/store/schema';
import type { ExportFormat } from '../src/export/names';
import { serveStatic, type StaticServer } from '../server/static';
import { browserArguments, chooseAdapter, findBrowser, loadPlaywright } from './browser';
import { DIST, ensureBuilt } from './build';
import { PASSED_ON, readEvent, type ProgressEvent } from './events';
import type { Lock } from './lock';
import { perform, type CommandArguments, type Noun, type PageOutcome, type PageTask } from './page-tasks';
import { acquireProfile, defaultProfile } from './profile';
import { errorJson, importResult, modelRow, predictionResult } from './results';

/** IndexedDB belongs to an origin, its port included: this one is always used, and mapped to whatever port is free. */
const ORIGIN = 'localhost:4173';

const START_TIMEOUT_MS = 60_000;

/** How to open the page. */
export interface PageOptions {
  /** Folder of the browser profile; null: the default one. */
  profile: string | null;
  /** Told what people should know: a build, the software adapter. */
  note: (message: string) => void;
  /** Told of progress. */
  onEvent?: (event: ProgressEvent) => void;
}

/** The page in a headless browser. */
export class DrivenPage {
  readonly #lock: Lock;
  readonly #server: StaticServer;
  readonly #context: BrowserContext;
  readonly #page: Page;
  /** Rejects when the browser or the page dies under us. */
  readonly #gone: Promise<never>;
  #closing = false;

  private constructor(lock: Lock, server: StaticServer, context: BrowserContext, page: Page) {
    this.#lock = lock;
    this.#server = server;
    this.#context = context;
    this.#page = page;
    this.#gone = new Promise((_, reject) => {
      const die = (what: string): void => {
        if (this.#closing) return;
        reject(new LatheError('training', `${what}. What was stored is safe: give the same command again to go on.`));
      };
      page.on('crash', () => die('The page crashed, perhaps out of memory'));
      page.on('close', () => die('The browser was closed or crashed'));
      context.on('close', () => die('The browser was closed or crashed'));
    });
    this.#gone.catch(() => undefined); // Heard by whoever waits at that time; nobody may be waiting.
  }

  /**
   * Builds the page when that is needed, serves it and opens it.
   * @throws LatheError `backend` without a usable browser, `usage` when the profile is in use
   */
  static async open({ profile, note, onEvent }: PageOptions): Promise<DrivenPage> {
    const folder = profile ?? defaultProfile();
    const executablePath = await findBrowser(note);
    const { adapter, reason } = await chooseAdapter(executablePath);
    if (adapter === 'software') note(reason);
    await ensureBuilt(note);
    const lock = await acquireProfile(folder);
    const undo: (() => unknown)[] = [() => lock.release()];
    try {
      const server = await serveStatic(DIST, 0);
      undo.push(() => server.close());
      const context = await launch(executablePath, folder, [
        ...browserArguments(adapter),
        `--host-resolver-rules=MAP ${ORIGIN} 127.0.0.1:${server.port}`,
      ]);
      undo.push(() => context.close());
      const page = context.pages()[0] ?? (await context.newPage());
      const driven = new DrivenPage(lock, server, context, page);
      await driven.#start(onEvent);
      return driven;
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  async #start(onEvent: PageOptions['onEvent']): Promise<void> {
    const page = this.#page;
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text());
    });
    await page.exposeFunction('latheReport', (event: unknown) => onEvent?.(readEvent(event)));
    await this.#orGone(page.goto(`http://${ORIGIN}/?driven`));

    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#orGone(page.evaluate(() => window.lathe !== undefined && window.latheFiles !== undefined)))) {
      if (Date.now() > deadline) {
        throw new LatheError('internal', `The page did not start: ${failures[0] ?? 'it said nothing'}.`, {}, failures);
      }
      await sleep(20);
    }
    await page.evaluate((types) => {
      window.lathe?.subscribe((event) => {
        if (types.includes(event.type)) void window.latheReport?.(event);
      });
    }, PASSED_ON);
  }

  /** Address of this command's own signalling server, for peers on this machine. */
  get signalling(): string {
    return `ws://127.0.0.1:${this.#server.port}/signal`;
  }

  /** Calls a command of the workbench that takes and returns plain data. Throws the `LatheError` that it throws. */
  async call<N extends Noun, V extends keyof Workbench[N] & string, S extends v.GenericSchema>(
    noun: N,
    verb: V,
    args: CommandArguments<N, V>,
    schema: S,
  ): Promise<v.InferOutput<S>> {
    return this.#perform({ task: 'call', noun, verb, args }, schema);
  }

  /** Imports a file, or a folder with everything in it. */
  async importFiles(path: string): Promise<v.InferOutput<typeof importResult>> {
    await this.#giveFiles(path);
    return this.#perform({ task: 'import_files' }, importResult);
  }

  /** Opens a bundle. @throws LatheError of kind `bundle` */
  async importBundle(path: string): Promise<v.InferOutput<typeof modelRow>> {
    await this.#giveFiles(path);
    return this.#perform({ task: 'import_bundle' }, modelRow);
  }

  /** Predicts the examples of a file or folder. */
  async predictFiles(model: ModelRef, path: string): Promise<v.InferOutput<typeof predictionResult>> {
    await this.#giveFiles(path);
    const download = this.#nextDownload();
    await this.#perform({ task: 'predict_files', model }, v.undefined());
    const file = await (await this.#orGone(download)).path();
    return v.parse(predictionResult, JSON.parse(await readFile(file, 'utf8')));
  }

  /** Exports a model into a folder and returns the path of the file. `name` replaces the name that the page chose. */
  async exportModel(model: ModelRef, format: ExportFormat, folder: string, name?: string): Promise<string> {
    const download = this.#nextDownload();
    const chosen = await this.#perform({ task: 'export', model, format }, v.string());
    const path = join(folder, basename(name ?? chosen));
    await this.#orGone(download.then((file) => file.saveAs(path)));
    return path;
  }

  /** Writes a study into a folder as `name` and returns the path of the file. */
  async exportStudy(id: string, format: StudyFormat, folder: string, name: string): Promise<string> {
    const download = this.#nextDownload();
    await this.#perform({ task: 'export_study', id, format }, v.string());
    const path = join(folder, name);
    await this.#orGone(download.then((file) => file.saveAs(path)));
    return path;
  }

  /** Closes the browser and gives the profile back. */
  async close(): Promise<void> {
    this.#closing = true;
    // A browser that does not answer is left behind: it ends with this process.
    await Promise.race([this.#context.close().catch(() => undefined), sleep(10_000)]);
    await this.#server.close();
    this.#lock.release();
  }

  async #perform<S extends v.GenericSchema>(task: PageTask, schema: S): Promise<v.InferOutput<S>> {
    return unwrap(await this.#orGone(this.#page.evaluate(perform, task)), schema);
  }

  async #giveFiles(path: string): Promise<void> {
    const input = statSync(path).isDirectory() ? '#lathe-folder' : '#lathe-files';
    await this.#orGone(this.#page.setInputFiles(input, path, { timeout: 0 }));
  }

  #nextDownload(): Promise<Download> {
    return new Promise((resolve) => this.#page.once('download', resolve));
  }

  /** `work`, unless the browser dies first: then its own reason is given, not the one that `work` fails with. */
  async #orGone<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.#gone]);
    } catch (error) {
      if (error instanceof LatheError) throw error;
      // Calls fail a moment before the browser is known to be gone.
      await Promise.race([this.#gone, sleep(500)]);
      throw LatheError.from(error);
    }
  }
}

declare global {
  interface Window {
    latheReport?: (event: unknown) => Promise<void>;
  }
}

async function launch(executablePath: string, profile: string, args: string[]): Promise<BrowserContext> {
  mkdirSync(profile, { recursive: true });
  const { chromium } = await loadPlaywright();
  try {
    return await chromium.launchPersistentContext(profile, {
      executablePath,
      args,
      headless: true,
      acceptDownloads: true,
      // Ctrl+C pauses the run first; the browser must outlive it.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new LatheError(
      'backend',
      `The browser ${executablePath} could not be started: ${reason} Set LATHE_BROWSER to another Chrome, Chromium or Edge.`,
      {},
      [],
      { cause: error },
    );
  }
}

function unwrap<S extends v.GenericSchema>(outcome: PageOutcome, schema: S): v.InferOutput<S> {
  if ('value' in outcome) return v.parse(schema, outcome.value);
  const error = v.safeParse(errorJson, outcome.error);
  if (error.success) throw LatheError.fromJSON(error.output);
  throw new LatheError('internal', String(outcome.error));
}
