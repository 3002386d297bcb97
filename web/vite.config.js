import { defineConfig } from "vite";

// The page goes where the server's package carries it: server/page/ is not committed, but travels in wheels.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../server/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
});
