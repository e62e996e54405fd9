/**
 * Finds a browser that can run the page, and the flags to start it with. Shared by the command line, the tests and
 * `npm start`.
 */
import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type * as playwright from 'playwright-core';
import { LatheError } from '../src/base/errors';

const run = promisify(execFile);

/** Which WebGPU adapter the browser is started for. */
export type Adapter = 'hardware' | 'software';

const NAMES = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge-stable',
  'microsoft-edge',
  'chrome',
  'msedge',
];

/** Flags for a browser that serves a program: no first-run pages, no requests of its own, root allowed. */
const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A hidden page trains as fast as a visible one.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

const WEBGPU: Record<Adapter, string[]> = {
  software: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  hardware: [
    '--enable-unsafe-webgpu',
    '--ignore-gpu-blocklist',
    ...(platform() === 'linux' ? ['--enable-features=Vulkan'] : []),
  ],
};

/** The flags that start a browser for the page with an adapter of this kind. */
export function browserArguments(adapter: Adapter): string[] {
  return [...QUIET, ...WEBGPU[adapter]];
}

/** Every place where the machine's own browsers are looked for, in order. */
export function browserCandidates(environment: NodeJS.ProcessEnv = process.env, os = platform()): string[] {
  const onPath = (environment.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => NAMES.map((name) => join(folder, os === 'win32' ? `${name}.exe` : name)));
  return [...onPath, ...usualPlaces(environment, os)];
}

function usualPlaces(environment: NodeJS.ProcessEnv, os: NodeJS.Platform): string[] {
  if (os === 'darwin') {
    const applications = ['/Applications', join(homedir(), 'Applications')];
    const programs = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return applications.flatMap((folder) => programs.map((name) => join(folder, `${name}.app/Contents/MacOS/${name}`)));
  }
  if (os === 'win32') {
    const roots = [environment.PROGRAMFILES, environment['PROGRAMFILES(X86)'], environment.LOCALAPPDATA];
    const programs = [
      'Google/Chrome/Application/chrome.exe',
      'Chromium/Application/chrome.exe',
      'Microsoft/Edge/Application/msedge.exe',
    ];
    return roots.filter((root) => root !== undefined).flatMap((root) => programs.map((program) => join(root, program)));
  }
  return [
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/lib/chromium/chromium',
    '/snap/bin/chromium',
    '/opt/microsoft/msedge/msedge',
  ];
}

/** Loaded where a browser is needed: it is half a second's work, and wrong arguments end a command before. */
export const loadPlaywright = (): Promise<typeof playwright> => import('playwright-core');

async function playwrightBrowser(): Promise<string | null> {
  const { chromium } = await loadPlaywright();
  try {
    return chromium.executablePath();
  } catch {
    return null; // No browser of this version is known for this system.
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Path of a browser: `LATHE_BROWSER`, else Chrome, Chromium or Edge from the PATH and the usual places, else
 * Playwright's own, else (as root on Debian) Chromium installed with apt-get.
 * @param say told in one line when something takes long
 * @throws LatheError of kind `backend` that says what to install
 */
export async function findBrowser(say: (line: string) => void = () => {}): Promise<string> {
  const named = process.env.LATHE_BROWSER;
  if (named) {
    if (await isExecutable(named)) return named;
    throw new LatheError(
      'backend',
      `LATHE_BROWSER is ${named}, which is no program that can be run. Set it to the path of Chrome, Chromium or Edge.`,
    );
  }
  for (const path of browserCandidates()) if (await isExecutable(path)) return path;
  const own = await playwrightBrowser();
  if (own !== null && (await isExecutable(own))) return own;

  if (platform() === 'linux' && process.getuid?.() === 0 && (await isExecutable('/usr/bin/apt-get'))) {
    say('No browser found: installing Debian’s chromium with apt-get. This takes a minute.');
    await installChromium();
    if (await isExecutable('/usr/bin/chromium')) return '/usr/bin/chromium';
  }
  throw new LatheError(
    'backend',
    `No browser was found. ${REMEDY[platform()] ?? REMEDY.linux} Or set LATHE_BROWSER to its path.`,
  );
}

const REMEDY: Partial<Record<NodeJS.Platform, string>> & { linux: string } = {
  linux: 'Install Chromium 121 or newer (Debian: apt-get install chromium; Fedora: dnf install chromium).',
  darwin: 'Install Google Chrome (brew install --cask google-chrome).',
  win32: 'Install Google Chrome or Microsoft Edge.',
};

async function installChromium(): Promise<void> {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const step of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    await new Promise<void>((resolve, reject) => {
      // Its output is for people; stdout belongs to the command's result.
      const child = spawn('apt-get', ['-qq', ...step], { env: environment, stdio: ['ignore', 2, 2] });
      child.once('error', reject);
      child.once('exit', (code) =>
        code === 0
          ? resolve()
          : reject(
              new LatheError(
                'backend',
                `apt-get ${step[0]} failed. Install a browser by hand: apt-get install chromium.`,
              ),
            ),
      );
    });
  }
}

/** The adapter to start for, and a sentence on why. */
export interface AdapterChoice {
  adapter: Adapter;
  reason: string;
}

/**
 * Decides between the machine's GPU and Chromium's software adapter. `LATHE_GPU=hardware|software` decides by hand;
 * otherwise the browser at `executablePath` is started once and asked for a hardware adapter.
 * @throws LatheError of kind `usage` where `LATHE_GPU` is something else
 */
export async function chooseAdapter(executablePath: string): Promise<AdapterChoice> {
  const wish = process.env.LATHE_GPU ?? 'auto';
  if (wish === 'hardware' || wish === 'software') return { adapter: wish, reason: `LATHE_GPU is ${wish}.` };
  if (wish !== 'auto') {
    throw new LatheError('usage', `LATHE_GPU is ${wish}; expected hardware, software or auto.`);
  }
  if (platform() === 'linux' && !(await hasGpuDevice())) {
    return {
      adapter: 'software',
      reason: 'This machine has no GPU: Chromium’s software WebGPU adapter is used, which is slow.',
    };
  }
  const found = await probeAdapter(executablePath);
  return found
    ? { adapter: 'hardware', reason: `WebGPU runs on ${found}.` }
    : {
        adapter: 'software',
        reason: 'The browser offers no hardware WebGPU adapter: its software adapter is used, which is slow.',
      };
}

async function hasGpuDevice(): Promise<boolean> {
  // Render nodes of Mesa's and AMD's drivers, NVIDIA's own device, and the GPU of the Windows host under WSL.
  for (const device of ['/dev/dri/renderD128', '/dev/nvidia0', '/dev/dxg']) {
    if (
      await access(device).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}

/** Vendor and architecture of the hardware adapter that the browser offers, or null. */
async function probeAdapter(executablePath: string): Promise<string | null> {
  const { chromium } = await loadPlaywright();
  const browser = await chromium.launch({ executablePath, args: browserArguments('hardware') });
  try {
    const page = await browser.newPage();
    // WebGPU needs a secure context: a page on localhost, answered here.
    await page.route('http://localhost/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
    await page.goto('http://localhost/');
    return await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      if (!adapter || adapter.info.isFallbackAdapter || adapter.info.architecture === 'swiftshader') return null;
      return [adapter.info.vendor, adapter.info.architecture].filter(Boolean).join(' ');
    });
  } finally {
    await browser.close();
  }
}

/** Opens `url` in the user's own browser; false where there is no display to open it on. */
export async function openForUser(url: string): Promise<boolean> {
  const os = platform();
  if (os === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY && !(await isWsl())) return false;
  const [command, ...args] =
    os === 'darwin'
      ? ['open', url]
      : os === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : [(await isWsl()) ? 'wslview' : 'xdg-open', url];
  return run(command, args).then(
    () => true,
    () => false,
  );
}

async function isWsl(): Promise<boolean> {
  return readFile('/proc/version', 'utf8').then(
    (version) => /microsoft/i.test(version),
    () => false,
  );
}
