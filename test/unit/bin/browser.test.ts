import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserArguments, browserCandidates, chooseAdapter, findBrowser } from '../../../bin/browser';

describe('finding a browser', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('takes the one that is named, and says so when that is none', async () => {
    vi.stubEnv('LATHE_BROWSER', process.execPath);
    expect(await findBrowser()).toBe(process.execPath);
    vi.stubEnv('LATHE_BROWSER', '/nonexistent');
    await expect(findBrowser()).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringContaining('/nonexistent') as string,
    });
  });

  it('looks on the PATH before the usual places', () => {
    const linux = browserCandidates({ PATH: '/opt/mine' }, 'linux');
    expect(linux[0]).toBe('/opt/mine/google-chrome-stable');
    expect(linux).toContain('/usr/bin/chromium');
    expect(browserCandidates({ PATH: '' }, 'darwin')[0]).toContain('Google Chrome.app/Contents/MacOS/Google Chrome');
    const windows = browserCandidates({ PATH: '', PROGRAMFILES: 'C:/Programs' }, 'win32');
    expect(windows).toContain('C:/Programs/Google/Chrome/Application/chrome.exe');
    expect(windows).toContain('C:/Programs/Microsoft/Edge/Application/msedge.exe');
  });

  it('lets the user choose the adapter', async () => {
    vi.stubEnv('LATHE_GPU', 'hardware');
    expect(await chooseAdapter('unused')).toMatchObject({ adapter: 'hardware' });
    vi.stubEnv('LATHE_GPU', 'software');
    expect(await chooseAdapter('unused')).toMatchObject({ adapter: 'software' });
    vi.stubEnv('LATHE_GPU', 'fast');
    await expect(chooseAdapter('unused')).rejects.toThrow('LATHE_GPU is fast; expected hardware, software or auto.');
    expect(browserArguments('software')).toContain('--use-webgpu-adapter=swiftshader');
    expect(browserArguments('hardware')).not.toContain('--use-webgpu-adapter=swiftshader');
  });
});
