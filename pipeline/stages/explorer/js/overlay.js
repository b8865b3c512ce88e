// The canvas above the points: thumbnails, names of groups, the pinned image with its neighbours, lasso and crosshair.

/** @type {{ lasso: Point[], crosshair: Point | null }} The lasso is in map coordinates, the crosshair on the screen. */
const overlay = { lasso: [], crosshair: null };

const MAX_TEXT = 28;

/** @returns {[text: string, position: Point][]} */
const labelTexts = () => [...labelPositions].map(([label, position]) => [labelName(label), position]);

/**
 * The name of each visible cluster, or its number and its most frequent label.
 *
 * @returns {[text: string, position: Point][]}
 */
function clusterTexts() {
  const isDrawn = (/** @type {number} */ cluster) => cluster >= 0 && !state.hidden.has(cluster);
  const text = (/** @type {number} */ cluster) =>
    [clusterName(cluster), givenName(cluster) ? "" : majorityName(cluster)].filter(Boolean).join(" · ");
  return [...clusterSummaries]
    .filter(([cluster]) => clusterSize(cluster) && isDrawn(cluster))
    .map(([cluster, { position }]) => [shorten(text(cluster)), position]);
}

/** @param {string} text */
const shorten = (text) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

/** @param {CanvasRenderingContext2D} context */
function drawNames(context) {
  const byLabel = state.colourBy === "label";
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  /** @type {{ px: number, py: number, half: number }[]} */
  const drawn = [];
  for (const [text, position] of byLabel ? labelTexts() : clusterTexts()) {
    const [px, py] = toScreen(...position);
    const half = context.measureText(text).width / 2 + 4;
    const overlaps = drawn.some((d) => Math.abs(d.px - px) < d.half + half && Math.abs(d.py - py) < 18);
    if (overlaps) continue;
    drawn.push({ px, py, half });
    context.strokeStyle = cssValue("--paper");
    context.lineWidth = 4;
    context.strokeText(text, px, py);
    context.fillStyle = cssValue("--ink");
    context.fillText(text, px, py);
  }
}

/**
 * Draw a ring around a point, or a frame around a thumbnail.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} i
 * @param {number} radius
 * @param {number} lineWidth
 * @param {string} colour
 */
function markImage(context, i, radius, lineWidth, colour) {
  const [x, y] = imageOnScreen(i);
  const { width, height } = mapThumbnail;
  context.beginPath();
  if (shownAsThumbnail.has(i)) context.rect(x - width / 2 - 3, y - height / 2 - 3, width + 6, height + 6);
  else context.arc(x, y, radius, 0, 2 * Math.PI);
  context.lineWidth = lineWidth + 2;
  context.strokeStyle = cssValue("--paper");
  context.stroke();
  context.lineWidth = lineWidth;
  context.strokeStyle = colour;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context */
function drawPin(context) {
  const ink = cssValue("--ink"),
    radius = pointRadius() + 4;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  for (const neighbour of neighbours(state.pin)) {
    context.beginPath();
    context.moveTo(...imageOnScreen(state.pin));
    context.lineTo(...imageOnScreen(neighbour));
    context.stroke();
  }
  context.globalAlpha = 1;
  for (const neighbour of neighbours(state.pin)) markImage(context, neighbour, radius - 1, 1.25, ink);
  markImage(context, state.pin, radius + 4, 3, cssValue("--accent"));
}

/** @param {CanvasRenderingContext2D} context */
function drawLasso(context) {
  context.beginPath();
  for (const [x, y] of overlay.lasso) context.lineTo(...toScreen(x, y));
  context.closePath();
  if (!state.selection) {
    context.fillStyle = cssValue("--veil");
    context.fill();
  }
  context.strokeStyle = cssValue("--accent");
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} centre
 */
function drawCrosshair(context, [x, y]) {
  context.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    context.moveTo(x + 5 * dx, y + 5 * dy);
    context.lineTo(x + 15 * dx, y + 15 * dy);
  }
  context.lineWidth = 4;
  context.strokeStyle = cssValue("--paper");
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = cssValue("--accent");
  context.stroke();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} ratio
 */
function drawOverlay(canvas, ratio) {
  const context = context2d(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  drawThumbnails(context);
  drawNames(context);
  if (overlay.lasso.length > 1) drawLasso(context);
  if (state.pin >= 0) drawPin(context);
  if (state.hover >= 0) markImage(context, state.hover, pointRadius() + 4, 2.5, cssValue("--ink"));
  if (overlay.crosshair) drawCrosshair(context, overlay.crosshair);
}
