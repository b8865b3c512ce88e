// The points, written straight into the canvas's pixels: 60,000 take a few hundredths of a second, without WebGL.

const STEPS = 3; // a point's place is kept to a third of a pixel, or it would jump while the map moves
const stamps = new Map();

// A shape's covered pixels around its middle, with their cover from 0 to 255, for one place within a pixel.
function stamp(number, radius, stepX, stepY) {
  const key = `${number} ${radius} ${stepX} ${stepY}`;
  if (!stamps.has(key)) {
    const half = Math.ceil(radius * 1.5) + 1,
      size = 2 * half + 1;
    const canvas = new OffscreenCanvas(size, size),
      context = canvas.getContext("2d");
    trace(context, SHAPES[number], half + (stepX + 0.5) / STEPS, half + (stepY + 0.5) / STEPS, radius);
    context.fill();
    const { data } = context.getImageData(0, 0, size, size);
    const dx = [],
      dy = [],
      cover = [];
    for (let at = 0; at < size * size; at++) {
      if (data[4 * at + 3] < 8) continue;
      dx.push((at % size) - half);
      dy.push(Math.floor(at / size) - half);
      cover.push(data[4 * at + 3]);
    }
    stamps.set(key, { dx: Int16Array.from(dx), dy: Int16Array.from(dy), cover: Uint8Array.from(cover) });
  }
  return stamps.get(key);
}

const between = (x, [x0, x1], [y0, y1]) => y0 + ((y1 - y0) * (Math.min(Math.max(x, x0), x1) - x0)) / (x1 - x0);

// A point's radius in CSS pixels: smaller where there are many or the map is small, growing as one looks closer.
function radiusNow() {
  const room = between(Math.sqrt(view.width * view.height), [300, 850], [0.6, 1]);
  const base = room * between(Math.log10(Math.max(n, 1)), [2, 5], [6, 1.25]);
  return Math.min(base * zoomed() ** 0.4, Math.max(base, 7));
}

let sheet = null;
function drawPoints(canvas, ratio) {
  const width = canvas.width,
    height = canvas.height;
  const radius = Math.max(Math.round(4 * radiusNow() * ratio) / 4, 0.75);
  const margin = Math.ceil(radius * 1.5) + 2,
    wide = width + 2 * margin,
    high = height + 2 * margin;
  if (!sheet || sheet.width !== wide || sheet.height !== high) sheet = new ImageData(wide, high);
  const pixels = sheet.data;
  const paper = rgb(style("--paper"));
  new Uint32Array(pixels.buffer).fill((255 << 24) | (paper[2] << 16) | (paper[1] << 8) | paper[0]);

  const full = between(Math.log10(Math.max(n, 1)) - Math.log10(zoomed()), [2.5, 4.8], [0.92, 0.62]);
  const offsets = new Map();
  const some = state.selection !== null;

  for (let pass = some ? 0 : 1; pass < 2; pass++) {
    const opacity = Math.round(256 * (pass ? full : Math.min(full, 0.14)));
    for (let at = 0; at < n; at++) {
      const i = order[at];
      if (!visible[i] || (some && chosen[i] !== pass)) continue;
      const px = ratio * (view.width / 2 + (facts.x[i] - view.x) * view.scale) + margin;
      const py = ratio * (view.height / 2 - (facts.y[i] - view.y) * view.scale) + margin;
      if (px < margin - radius || py < margin - radius || px > wide - margin + radius || py > high - margin + radius)
        continue;
      const x = Math.floor(px),
        y = Math.floor(py);
      const step = Math.floor((px - x) * STEPS) + STEPS * Math.floor((py - y) * STEPS);
      const key = shape[i] * STEPS * STEPS + step;
      let found = offsets.get(key);
      if (!found) {
        const made = stamp(shape[i], radius, step % STEPS, Math.floor(step / STEPS));
        found = { places: Int32Array.from(made.dx, (dx, j) => 4 * (made.dy[j] * wide + dx)), cover: made.cover };
        offsets.set(key, found);
      }
      const { places, cover } = found,
        middle = 4 * (y * wide + x);
      const r = red[i],
        g = green[i],
        b = blue[i];
      for (let j = 0; j < places.length; j++) {
        const p = middle + places[j],
          a = (cover[j] * opacity) >> 8;
        pixels[p] += ((r - pixels[p]) * a) >> 8;
        pixels[p + 1] += ((g - pixels[p + 1]) * a) >> 8;
        pixels[p + 2] += ((b - pixels[p + 2]) * a) >> 8;
      }
    }
  }
  canvas.getContext("2d").putImageData(sheet, -margin, -margin);
}
