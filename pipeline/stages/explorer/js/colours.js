// Colours of groups, ten hues that colour-blind people can tell apart, and of quantities, a ramp.

/** @type {Record<Quantity, { name: string, low: number, high: number, format: (value: number) => string }>} */
const QUANTITIES = {
  // The strongest colour marks what deserves attention: low confidence, high misfit, far away.
  confidence: { name: "Confidence", low: 1, high: 0, format: formatPercent },
  misfit: { name: "Misfit", low: 0, high: 1, format: formatPercent },
  outlier: { name: "Outlier score", low: 0.5, high: 3, format: (value) => `${value}×` },
};

const RAMPS = {
  light: ["#d3d7de", "#b9b3c9", "#a3709d", "#8a2f62", "#5c0027"],
  dark: ["#3b414d", "#5b5a6e", "#9a7a63", "#dda838", "#fff36b"],
};

/** @returns {"light" | "dark"} */
const currentTheme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

const palette = () => data.palette[currentTheme()];
/** @param {number} group */
const paletteIndex = (group) => (group < 0 ? 10 : group % 10);
/** @param {number} group */
const groupColour = (group) => palette()[paletteIndex(group)];

/**
 * @param {string} hex
 * @returns {Rgb}
 */
const parseHex = (hex) => [parseInt(hex.slice(1, 3), 16), parseInt(hex.slice(3, 5), 16), parseInt(hex.slice(5, 7), 16)];

/**
 * @param {number} share
 * @returns {Rgb}
 */
function rampColour(share) {
  const stops = RAMPS[currentTheme()].map(parseHex);
  const position = clamp(share, 0, 1) * (stops.length - 1);
  const stop = Math.min(Math.floor(position), stops.length - 2);
  const mix = (/** @type {0 | 1 | 2} */ channel) =>
    Math.round(stops[stop][channel] + (position - stop) * (stops[stop + 1][channel] - stops[stop][channel]));
  return [mix(0), mix(1), mix(2)];
}

/** @param {State["colourBy"]} property */
const quantityOf = (property) => (property === "cluster" || property === "label" ? null : QUANTITIES[property]);

// Each point's colour and shape, and the order in which points are drawn.
const red = new Uint8Array(n),
  green = new Uint8Array(n),
  blue = new Uint8Array(n),
  shapes = new Uint8Array(n);
let drawingOrder = new Uint32Array(n);

const shuffled = Uint32Array.from({ length: n }, (_, i) => i);
for (let i = n - 1, seed = 1; i > 0; i--) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  const j = seed % (i + 1);
  [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
}

function updatePointColours() {
  const quantity = quantityOf(state.colourBy);
  if (quantity) colourByQuantity(columns[/** @type {Quantity} */ (state.colourBy)], quantity);
  else colourByGroup(state.colourBy === "label" ? columns.label : columns.cluster.map(colourGroup));
}

/**
 * Groups are drawn in random order, so that no group covers another one.
 *
 * @param {Int32Array} groups
 */
function colourByGroup(groups) {
  const colours = palette().map(parseHex);
  for (let i = 0; i < n; i++) {
    [red[i], green[i], blue[i]] = colours[paletteIndex(groups[i])];
    shapes[i] = shapeIndex(groups[i]);
  }
  drawingOrder = shuffled;
}

/**
 * Points of the strongest colour are drawn last, on top.
 *
 * @param {Float32Array} values
 * @param {{ low: number, high: number }} quantity
 */
function colourByQuantity(values, { low, high }) {
  const colours = Array.from({ length: 256 }, (_, step) => rampColour(step / 255));
  const shares = Float32Array.from(values, (value) => (value - low) / (high - low));
  for (let i = 0; i < n; i++) [red[i], green[i], blue[i]] = colours[Math.round(255 * clamp(shares[i], 0, 1))];
  shapes.fill(0);
  drawingOrder = shuffled.slice().sort((a, b) => shares[a] - shares[b]);
}

/** @param {number} i */
const pointColour = (i) => `rgb(${red[i]} ${green[i]} ${blue[i]})`;
