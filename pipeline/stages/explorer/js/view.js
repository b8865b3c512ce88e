// The part of the map on screen, in CSS pixels: screen = (map − centre) × scale, with y upwards on the map.

const view = { x: 0, y: 0, scale: 1, width: 1, height: 1, homeScale: 1, highestCentre: 0 };

/** @typedef {{ x?: number, y?: number, scale?: number }} ViewChange */

/** @typedef {{ left: number, right: number, bottom: number, top: number }} Bounds */

/**
 * The smallest rectangle on the map that holds images.
 *
 * @param {Iterable<number>} images
 * @returns {Bounds}
 */
function boundsOf(images) {
  const rectangle = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (const i of images) {
    rectangle.left = Math.min(rectangle.left, columns.x[i]);
    rectangle.right = Math.max(rectangle.right, columns.x[i]);
    rectangle.bottom = Math.min(rectangle.bottom, columns.y[i]);
    rectangle.top = Math.max(rectangle.top, columns.y[i]);
  }
  return rectangle;
}

const bounds = boundsOf(columns.x.keys());

/**
 * @param {number} x
 * @param {number} y
 * @returns {Point}
 */
const toScreen = (x, y) => [view.width / 2 + (x - view.x) * view.scale, view.height / 2 - (y - view.y) * view.scale];
/** @param {number} i */
const imageOnScreen = (i) => toScreen(columns.x[i], columns.y[i]);
/**
 * @param {number} px
 * @param {number} py
 * @returns {Point}
 */
const toMap = (px, py) => [view.x + (px - view.width / 2) / view.scale, view.y - (py - view.height / 2) / view.scale];
const zoomFactor = () => view.scale / view.homeScale;
/** @param {number} scale */
const clampScale = (scale) => clamp(scale, view.homeScale / 2, view.homeScale * 400);

/**
 * The view of a part of the map that fills the screen below the toolbar.
 *
 * @param {Bounds} part
 */
function viewOf({ left, right, bottom, top }) {
  const mapWidth = Math.max(right - left, 1e-6),
    mapHeight = Math.max(top - bottom, 1e-6);
  const margin = Math.min(40, view.width / 12),
    toolbar = byId("tools").offsetHeight + 10;
  const free = Math.max(view.height - toolbar - 2 * margin, 50);
  const scale = Math.min((view.width - 2 * margin) / mapWidth, free / mapHeight);
  return { x: (left + right) / 2, y: (bottom + top) / 2 + toolbar / 2 / scale, scale };
}

const homeView = () => viewOf(bounds);

/** @param {ViewChange} change */
function setView(change) {
  Object.assign(view, change);
  view.scale = clampScale(view.scale);
  // The centre of the screen stays on the map, so that the points cannot be lost from sight.
  view.x = clamp(view.x, bounds.left, bounds.right);
  view.y = clamp(view.y, bounds.bottom, Math.max(bounds.top, view.highestCentre));
  emit("view");
}

/**
 * Zoom while the map's point at a position on the screen stays there.
 *
 * @param {Point} position
 * @param {number} factor
 */
function zoomAt([px, py], factor) {
  const [x, y] = toMap(px, py);
  const scale = clampScale(view.scale * factor);
  setView({ scale, x: x - (px - view.width / 2) / scale, y: y + (py - view.height / 2) / scale });
}

/** @returns {Point} */
const screenCentre = () => [view.width / 2, view.height / 2];

/**
 * @param {number} dx
 * @param {number} dy
 */
const panBy = (dx, dy) => setView({ x: view.x - dx / view.scale, y: view.y + dy / view.scale });

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let animation = 0;

/** @param {ViewChange} target */
function animateTo(target) {
  cancelAnimationFrame(animation);
  if (reducedMotion.matches) return setView(target);
  const from = { ...view },
    to = { ...view, ...target },
    start = performance.now();
  const step = (/** @type {number} */ now) => {
    const t = clamp((now - start) / 280, 0, 1),
      eased = t * t * (3 - 2 * t);
    setView({
      x: from.x + (to.x - from.x) * eased,
      y: from.y + (to.y - from.y) * eased,
      scale: from.scale * (to.scale / from.scale) ** eased,
    });
    if (t < 1) animation = requestAnimationFrame(step);
  };
  animation = requestAnimationFrame(step);
}

const goHome = () => animateTo(homeView());

/**
 * Show these images as large as the map has room for all of them, but not closer than to see their surroundings.
 *
 * @param {Iterable<number>} images
 */
function frameImages(images) {
  const { left, right, bottom, top } = boundsOf(images);
  const margin = 0.02 * Math.max(bounds.right - bounds.left, bounds.top - bounds.bottom);
  animateTo(viewOf({ left: left - margin, right: right + margin, bottom: bottom - margin, top: top + margin }));
}

/**
 * Bring image i into view if it is not; with `zoomIn`, always, and close enough to see its surroundings.
 *
 * @param {number} i
 */
function revealImage(i, zoomIn = false) {
  const [px, py] = imageOnScreen(i);
  const inView = px > 40 && py > 40 && px < view.width - 40 && py < view.height - 40;
  if (inView && !zoomIn) return;
  const scale = zoomIn ? Math.max(view.scale, view.homeScale * 8) : view.scale;
  animateTo({ x: columns.x[i], y: columns.y[i], scale });
}

/**
 * @param {number} width
 * @param {number} height
 */
function resizeView(width, height) {
  const isFirst = view.width === 1,
    zoom = zoomFactor();
  Object.assign(view, { width, height });
  const home = homeView();
  Object.assign(view, { homeScale: home.scale, highestCentre: home.y });
  setView(isFirst ? home : { scale: home.scale * zoom });
}
