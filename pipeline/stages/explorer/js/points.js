// Points, drawn into the pixels of the canvas: 60,000 take a few hundredths of a second, without WebGL.

const SUBPIXELS = 3; // positions within a pixel, along x and along y; with whole pixels, points jump while panning

/** @typedef {{ dx: Int16Array, dy: Int16Array, coverage: Uint8Array }} Stamp */
/** @type {Map<string, Stamp>} */
const stamps = new Map();

/**
 * The pixels that a shape covers, relative to its centre, with coverage 0 to 255.
 *
 * @param {number} shape
 * @param {number} radius
 * @param {number} subpixel
 * @returns {Stamp}
 */
function makeStamp(shape, radius, subpixel) {
  const key = `${shape} ${radius} ${subpixel}`;
  const cached = stamps.get(key);
  if (cached) return cached;
  const half = Math.ceil(radius * 1.5) + 1,
    size = 2 * half + 1;
  const context = context2d(new OffscreenCanvas(size, size));
  const offset = (/** @type {number} */ step) => half + (step + 0.5) / SUBPIXELS;
  traceShape(context, shape, offset(subpixel % SUBPIXELS), offset(Math.floor(subpixel / SUBPIXELS)), radius);
  context.fill();
  const alpha = context.getImageData(0, 0, size, size).data.filter((_, byte) => byte % 4 === 3);
  const covered = [...alpha.keys()].filter((pixel) => alpha[pixel] >= 8);
  const stamp = {
    dx: Int16Array.from(covered, (pixel) => (pixel % size) - half),
    dy: Int16Array.from(covered, (pixel) => Math.floor(pixel / size) - half),
    coverage: Uint8Array.from(covered, (pixel) => alpha[pixel]),
  };
  stamps.set(key, stamp);
  return stamp;
}

/**
 * @param {number} x
 * @param {Point} domain
 * @param {Point} range
 */
const interpolate = (x, [x0, x1], [y0, y1]) => y0 + ((y1 - y0) * (clamp(x, x0, x1) - x0)) / (x1 - x0);

// In CSS pixels: smaller for many points or a small map, larger when zoomed in.
function pointRadius() {
  const mapSize = interpolate(Math.sqrt(view.width * view.height), [300, 850], [0.6, 1]);
  const base = mapSize * interpolate(Math.log10(Math.max(n, 1)), [2, 5], [6, 1.25]);
  return Math.min(base * zoomFactor() ** 0.4, Math.max(base, 7));
}

function pointOpacity() {
  return interpolate(Math.log10(Math.max(n, 1)) - Math.log10(zoomFactor()), [2.5, 4.8], [0.92, 0.62]);
}

/** @type {ImageData | null} */
let frame = null;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} ratio device pixels for a CSS pixel
 */
function drawPoints(canvas, ratio) {
  const radius = Math.max(Math.round(4 * pointRadius() * ratio) / 4, 0.75);
  const margin = Math.ceil(radius * 1.5) + 2; // points that are cut off are drawn into it
  const width = canvas.width + 2 * margin,
    height = canvas.height + 2 * margin;
  if (!frame || frame.width !== width || frame.height !== height) frame = new ImageData(width, height);
  const [r, g, b] = parseHex(cssValue("--paper"));
  new Uint32Array(frame.data.buffer).fill((255 << 24) | (b << 16) | (g << 8) | r);

  const opacity = pointOpacity();
  if (!state.selection) stampPoints(frame, ratio, radius, margin, opacity, isVisible);
  else {
    const isFaded = isSelected.map((selected, i) => (isVisible[i] && !selected ? 1 : 0));
    stampPoints(frame, ratio, radius, margin, Math.min(opacity, 0.14), isFaded);
    stampPoints(
      frame,
      ratio,
      radius,
      margin,
      opacity,
      isSelected.map((selected, i) => selected & isVisible[i]),
    );
  }
  context2d(canvas).putImageData(frame, -margin, -margin);
}

/**
 * Blend the points for which `isDrawn` is 1 into the pixels of a frame.
 *
 * @param {ImageData} frame
 * @param {number} ratio
 * @param {number} radius
 * @param {number} margin
 * @param {number} opacity
 * @param {Uint8Array} isDrawn
 */
function stampPoints({ data: pixels, width, height }, ratio, radius, margin, opacity, isDrawn) {
  const alpha = Math.round(256 * opacity);
  /** @type {Map<number, { offsets: Int32Array, coverage: Uint8Array }>} */
  const stampsHere = new Map();
  for (let position = 0; position < n; position++) {
    const i = drawingOrder[position];
    if (!isDrawn[i]) continue;
    const px = ratio * (view.width / 2 + (columns.x[i] - view.x) * view.scale) + margin;
    const py = ratio * (view.height / 2 - (columns.y[i] - view.y) * view.scale) + margin;
    if (px < margin - radius || py < margin - radius || px > width - margin + radius || py > height - margin + radius)
      continue;
    const x = Math.floor(px),
      y = Math.floor(py);
    const subpixel = Math.floor((px - x) * SUBPIXELS) + SUBPIXELS * Math.floor((py - y) * SUBPIXELS);
    const key = shapes[i] * SUBPIXELS * SUBPIXELS + subpixel;
    let stamp = stampsHere.get(key);
    if (!stamp) {
      const { dx, dy, coverage } = makeStamp(shapes[i], radius, subpixel);
      stamp = { offsets: Int32Array.from(dx, (step, j) => 4 * (dy[j] * width + step)), coverage };
      stampsHere.set(key, stamp);
    }
    const { offsets, coverage } = stamp,
      centre = 4 * (y * width + x);
    const r = red[i],
      g = green[i],
      b = blue[i];
    for (let j = 0; j < offsets.length; j++) {
      const p = centre + offsets[j],
        a = (coverage[j] * alpha) >> 8;
      pixels[p] += ((r - pixels[p]) * a) >> 8;
      pixels[p + 1] += ((g - pixels[p + 1]) * a) >> 8;
      pixels[p + 2] += ((b - pixels[p + 2]) * a) >> 8;
    }
  }
}
