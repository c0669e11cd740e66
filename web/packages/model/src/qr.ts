/** A QR code as one SVG path on a square of `size` modules, quiet zone included. */
export interface QrPath {
  readonly size: number;
  readonly path: string;
}

export async function qrPath(content: string): Promise<QrPath> {
  const { encode } = await import('uqr');
  const { data, size } = encode(content, { ecc: 'M', border: 4 });
  const parts: string[] = [];
  data.forEach((row, y) => {
    for (let x = 0; x < size; x++) {
      if (row[x] !== true) continue;
      let run = 1;
      while (row[x + run] === true) run += 1;
      parts.push(`M${x} ${y}h${run}v1h-${run}z`);
      x += run;
    }
  });
  return { size, path: parts.join('') };
}
