// Writes a brotli and a gzip form next to each file of the built page, if it is smaller. The service sends the form
// that the browser accepts, and does not compress anything itself.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = fileURLToPath(new URL("../../target/debugger/", import.meta.url));
// A smaller file fits into one packet without compression.
const SMALL = 1000;

function brotli(bytes) {
  const quality = constants.BROTLI_MAX_QUALITY;
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

const forms = { ".br": brotli, ".gz": (bytes) => gzipSync(bytes, { level: 9 }) };
let plain = 0;
let compressed = 0;

for (const name of readdirSync(folder, { recursive: true })) {
  const file = join(folder, name);
  if (!statSync(file).isFile() || /\.(br|gz|png|woff2)$/.test(name)) continue;
  const bytes = readFileSync(file);
  let smallest = bytes.length;
  for (const [end, compress] of Object.entries(forms)) {
    const small = bytes.length < SMALL ? bytes : compress(bytes);
    if (small.length >= bytes.length) continue;
    writeFileSync(file + end, small);
    smallest = Math.min(smallest, small.length);
  }
  plain += bytes.length;
  compressed += smallest;
}

console.log(`compressed: ${plain} bytes to ${compressed}`);
