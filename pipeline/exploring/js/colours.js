// Colours and shapes: ten hues that colour-blind eyes tell apart, then other shapes; one ramp for quantities.

const SHAPES = ["circle", "triangle", "square", "diamond", "down", "plus", "cross", "star"];
const QUANTITIES = {
  // What strikes the eye is at the ramp's end: what is unsure, misplaced, or far.
  confidence: { name: "Confidence", low: 1, high: 0, write: percent },
  misfit: { name: "Misfit", low: 0, high: 1, write: percent },
  outlier: { name: "Outlier score", low: 0.5, high: 3, write: (value) => `${value}×` },
};

const isDark = () => document.documentElement.dataset.theme === "dark";
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const palette = () => known.palette[isDark() ? "dark" : "light"];
const groupColour = (group) => palette()[group < 0 ? 10 : group % 10];
const groupShape = (group) => SHAPES[group < 0 ? 0 : Math.floor(group / 10) % SHAPES.length];
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const RAMPS = {
  light: ["#d3d7de", "#b9b3c9", "#a3709d", "#8a2f62", "#5c0027"],
  dark: ["#3b414d", "#5b5a6e", "#9a7a63", "#dda838", "#fff36b"],
};

function rampColour(share) {
  const stops = RAMPS[isDark() ? "dark" : "light"].map(rgb);
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const at = Math.min(Math.floor(place), stops.length - 2);
  return stops[at].map((value, c) => Math.round(value + (place - at) * (stops[at + 1][c] - value)));
}

const red = new Uint8Array(n),
  green = new Uint8Array(n),
  blue = new Uint8Array(n),
  shape = new Uint8Array(n);
let order = new Uint32Array(n);
const shuffled = Uint32Array.from({ length: n }, (_, i) => i);
for (let i = n - 1, seed = 1; i > 0; i--) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  const j = seed % (i + 1);
  [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
}

const groups = () => (state.colourBy === "label" ? facts.label : facts.cluster);
const strength = (quantity, value) => (value - quantity.low) / (quantity.high - quantity.low);

// Each image's colour and shape. Groups are drawn in random order, so that none hides another for being last;
// quantities with the striking ones on top.
function paint() {
  const quantity = QUANTITIES[state.colourBy];
  const table = Array.from({ length: 256 }, (_, i) => (quantity ? rampColour(i / 255) : rgb(palette()[i % 11])));
  const values = quantity ? facts[state.colourBy] : groups();
  order = shuffled;
  for (let i = 0; i < n; i++) {
    const value = values[i];
    const row = quantity
      ? Math.round(255 * Math.min(Math.max(strength(quantity, value), 0), 1))
      : value < 0
        ? 10
        : value % 10;
    [red[i], green[i], blue[i]] = table[row];
    shape[i] = quantity || value < 0 ? 0 : Math.floor(value / 10) % SHAPES.length;
  }
  if (quantity) {
    const strengths = Float32Array.from(values, (value) => strength(quantity, value));
    order = shuffled.slice().sort((a, b) => strengths[a] - strengths[b]);
  }
}

const pointColour = (i) => `rgb(${red[i]} ${green[i]} ${blue[i]})`;

// A group's colour and shape as a small picture, hidden from who hears the page.
function swatch(group) {
  const canvas = h("canvas", { class: "swatch", width: 28, height: 28, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.fillStyle = groupColour(group);
  trace(context, groupShape(group), 14, 14, 11);
  context.fill();
  return canvas;
}

// The path of a shape of about equal area whichever it is.
function trace(context, name, x, y, radius) {
  const polygon = (...corners) => {
    corners.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx * radius, y + dy * radius));
    context.closePath();
  };
  const a = 0.36,
    b = 1.08;
  const plus = [
    [-a, -b],
    [a, -b],
    [a, -a],
    [b, -a],
    [b, a],
    [a, a],
    [a, b],
    [-a, b],
    [-a, a],
    [-b, a],
    [-b, -a],
    [-a, -a],
  ];
  context.beginPath();
  if (name === "circle") context.arc(x, y, radius, 0, 2 * Math.PI);
  if (name === "square") polygon([-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]);
  if (name === "triangle") polygon([0, -1.25], [1.15, 0.85], [-1.15, 0.85]);
  if (name === "down") polygon([0, 1.25], [1.15, -0.85], [-1.15, -0.85]);
  if (name === "diamond") polygon([0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]);
  if (name === "plus") polygon(...plus);
  if (name === "cross") polygon(...plus.map(([u, v]) => [(u - v) * 0.72, (u + v) * 0.72]));
  if (name === "star") {
    polygon(
      ...Array.from({ length: 10 }, (_, i) => {
        const reach = i % 2 ? 0.55 : 1.35;
        return [reach * Math.sin((i * Math.PI) / 5), -reach * Math.cos((i * Math.PI) / 5)];
      }),
    );
  }
}
