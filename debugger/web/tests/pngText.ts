// A text in a PNG file, compressed, as its chunk `zTXt`: https://www.w3.org/TR/png-3/#11zTXt

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;
/** Of a chunk: its length, its kind and its checksum, of four bytes each. */
const FRAME = 12;

function chunks(png: Buffer): { kind: string; at: number; data: Buffer }[] {
  const all = [];
  for (let at = SIGNATURE; at < png.length; at += FRAME + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    all.push({ kind: png.toString("latin1", at + 4, at + 8), at, data: png.subarray(at + 8, at + 8 + length) });
  }
  return all;
}

export function textOf(png: Buffer, keyword: string): string | undefined {
  // After the keyword are a null byte and the number of the compression method.
  const found = chunks(png).find(({ kind, data }) => kind === "zTXt" && data.toString("latin1").startsWith(`${keyword}\0`));
  return found && inflateSync(found.data.subarray(keyword.length + 2)).toString("utf8");
}

export function withText(png: Buffer, keyword: string, text: string): Buffer {
  const content = Buffer.concat([Buffer.from(`zTXt${keyword}\0\0`, "latin1"), deflateSync(text, { level: 9 })]);
  const chunk = Buffer.alloc(content.length + 8);
  chunk.writeUInt32BE(content.length - 4, 0);
  content.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(content), content.length + 4);
  const end = chunks(png).find(({ kind }) => kind === "IEND")?.at ?? png.length;
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]);
}
