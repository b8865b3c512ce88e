// Mouse and touch on the map: pan, zoom, lasso, hover and click.

const surface = canvasById("overlay");

/** @type {Map<number, Point>} Pointers that are down, by their id. */
const pointers = new Map();

/**
 * @typedef {{ kind: "pan" | "lasso", start: Point, last: Point, hasMoved: boolean }} Drag
 * @typedef {{ kind: "pinch", x: number, y: number, distance: number }} Pinch
 */
/** @type {Drag | Pinch | null} */
let gesture = null;

/**
 * @param {MouseEvent} event
 * @returns {Point}
 */
function positionOf(event) {
  const box = surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/**
 * The image at a position on the screen, −1 if there is none.
 *
 * @param {Point} position
 */
function imageAt(position, tolerance = 14) {
  return nearestImage(toMap(...position), Math.max(tolerance, pointRadius() + 4) / view.scale);
}

function measurePinch() {
  const [[ax, ay], [bx, by]] = [...pointers.values()];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, distance: Math.max(Math.hypot(ax - bx, ay - by), 1) };
}

surface.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  surface.setPointerCapture(event.pointerId);
  const position = positionOf(event);
  pointers.set(event.pointerId, position);
  overlay.crosshair = null;
  overlay.lasso = [];
  if (pointers.size === 2) gesture = { kind: "pinch", ...measurePinch() };
  else if (pointers.size === 1) {
    const isLasso = (state.tool === "lasso") !== event.shiftKey;
    gesture = { kind: isLasso ? "lasso" : "pan", start: position, last: position, hasMoved: false };
  }
});

surface.addEventListener("pointermove", (event) => {
  const position = positionOf(event);
  if (!pointers.has(event.pointerId)) {
    if (event.pointerType !== "touch") setHover(imageAt(position));
    return;
  }
  pointers.set(event.pointerId, position);
  if (gesture?.kind === "pinch") {
    if (pointers.size === 2) pinch(gesture);
  } else if (gesture) drag(gesture, position);
});

/** @param {Pinch} gesture */
function pinch(gesture) {
  const now = measurePinch();
  panBy(now.x - gesture.x, now.y - gesture.y);
  zoomAt([now.x, now.y], now.distance / gesture.distance);
  Object.assign(gesture, now);
}

/**
 * @param {Drag} gesture
 * @param {Point} position
 */
function drag(gesture, position) {
  const [x, y] = position;
  gesture.hasMoved ||= Math.hypot(x - gesture.start[0], y - gesture.start[1]) > 4;
  if (!gesture.hasMoved) return;
  setHover(-1);
  if (gesture.kind === "pan") panBy(x - gesture.last[0], y - gesture.last[1]);
  else overlay.lasso.push(toMap(...(overlay.lasso.length ? position : gesture.start)));
  gesture.last = position;
  emit("overlay");
}

/** @param {PointerEvent} event */
function endGesture(event) {
  if (!pointers.delete(event.pointerId) || !gesture) return;
  const ended = gesture;
  if (pointers.size === 0) gesture = null;
  if (event.type === "pointercancel" || ended.kind === "pinch") return;
  if (!ended.hasMoved) {
    const i = imageAt(positionOf(event), event.pointerType === "touch" ? 24 : 14);
    setPin(i);
    if (i >= 0) showTab("image");
  } else if (ended.kind === "lasso" && overlay.lasso.length > 2) {
    setSelection(imagesInPolygon(overlay.lasso));
    showTab("selection");
  }
}
surface.addEventListener("pointerup", endGesture);
surface.addEventListener("pointercancel", endGesture);
surface.addEventListener("pointerleave", () => setHover(-1));
surface.addEventListener("dblclick", (event) => zoomAt(positionOf(event), 2));
surface.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
    zoomAt(positionOf(event), Math.exp(-clamp(pixels, -240, 240) * 0.0022));
  },
  { passive: false },
);
