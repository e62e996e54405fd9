import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { inputsFingerprint, STAMP_FILE } from './bin/build';
import { META_CONTENT_SECURITY_POLICY } from './server/csp';

/** Puts the policy into the built page itself, for hosts that cannot send headers. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'lathe:content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: META_CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Names the inputs of a build inside it, taken as the build starts: an edit made meanwhile makes it stale. */
function stamp(): Plugin {
  let inputs = '';
  return {
    name: 'lathe:stamp',
    apply: 'build',
    buildStart() {
      inputs = inputsFingerprint();
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: STAMP_FILE, source: JSON.stringify({ inputs_sha256: inputs }) });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [
    svelte({ configFile: false }),
    contentSecurityPolicy(),
    stamp(),
    VitePWA({
      // A new version waits until the user accepts it: src/app/update.ts registers the worker and asks.
      registerType: 'prompt',
      injectRegister: null,
      workbox: {
        globPatterns: ['**/*.{html,js,css,wasm,json,svg,png,ico,woff2,webmanifest}'],
        globIgnores: [STAMP_FILE],
        // tfjs is large; without it nothing trains offline.
        maximumFileSizeToCacheInBytes: 32 * 1024 * 1024,
        // The first visit is offline-ready without a reload.
        clientsClaim: true,
        cleanupOutdatedCaches: true,
      },
      manifest: {
        name: 'Lathe',
        short_name: 'Lathe',
        description: 'Train neural networks in a browser tab, on WebGPU. Your data stays on this machine.',
        start_url: './',
        scope: './',
        display: 'standalone',
        background_color: '#17191c',
        theme_color: '#17191c',
        categories: ['education', 'productivity', 'utilities'],
        icons: [
          { src: 'icons/lathe.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: 'icons/lathe-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/lathe-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/lathe-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    manifest: true,
    chunkSizeWarningLimit: 4096,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
