// Shapes of about equal area: the first for ten groups, the next for ten more, and so on.

const SHAPES = /** @type {const} */ (["circle", "triangle", "square", "diamond", "down", "plus", "cross", "star"]);

const PLUS_ARM = 0.36,
  PLUS_REACH = 1.08;
/** @type {Point[]} */
const PLUS = [
  [-PLUS_ARM, -PLUS_REACH],
  [PLUS_ARM, -PLUS_REACH],
  [PLUS_ARM, -PLUS_ARM],
  [PLUS_REACH, -PLUS_ARM],
  [PLUS_REACH, PLUS_ARM],
  [PLUS_ARM, PLUS_ARM],
  [PLUS_ARM, PLUS_REACH],
  [-PLUS_ARM, PLUS_REACH],
  [-PLUS_ARM, PLUS_ARM],
  [-PLUS_REACH, PLUS_ARM],
  [-PLUS_REACH, -PLUS_ARM],
  [-PLUS_ARM, -PLUS_ARM],
];

/** @type {Record<Exclude<(typeof SHAPES)[number], "circle">, Point[]>} Corners for a radius of 1. */
const POLYGONS = {
  triangle: [
    [0, -1.25],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  square: [
    [-0.88, -0.88],
    [0.88, -0.88],
    [0.88, 0.88],
    [-0.88, 0.88],
  ],
  diamond: [
    [0, -1.3],
    [1.1, 0],
    [0, 1.3],
    [-1.1, 0],
  ],
  down: [
    [0, 1.25],
    [1.15, -0.85],
    [-1.15, -0.85],
  ],
  plus: PLUS,
  cross: PLUS.map(([x, y]) => [(x - y) * 0.72, (x + y) * 0.72]),
  star: Array.from({ length: 10 }, (_, corner) => {
    const radius = corner % 2 ? 0.55 : 1.35;
    return [radius * Math.sin((corner * Math.PI) / 5), -radius * Math.cos((corner * Math.PI) / 5)];
  }),
};

/** @param {number} group */
const shapeIndex = (group) => (group < 0 ? 0 : Math.floor(group / 10) % SHAPES.length);

/**
 * Make a shape the current path of a context.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} shape
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function traceShape(context, shape, x, y, radius) {
  const name = SHAPES[shape];
  context.beginPath();
  if (name === "circle") context.arc(x, y, radius, 0, 2 * Math.PI);
  else for (const [dx, dy] of POLYGONS[name]) context.lineTo(x + dx * radius, y + dy * radius);
  context.closePath();
}

/**
 * The colour and shape of a group as a small picture, hidden from screen readers.
 *
 * @param {number} group
 */
function swatch(group) {
  const canvas = h("canvas", { class: "swatch", width: 28, height: 28, "aria-hidden": "true" });
  const context = context2d(canvas);
  context.fillStyle = groupColour(group);
  traceShape(context, shapeIndex(group), 14, 14, 11);
  context.fill();
  return canvas;
}
