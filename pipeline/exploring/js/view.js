// Which part of the map is on screen: pixels = (place − middle) × scale, y upwards.

const view = { x: 0, y: 0, scale: 1, width: 1, height: 1, home: 1, highest: 0 };

const bounds = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
for (let i = 0; i < n; i++) {
  bounds.left = Math.min(bounds.left, facts.x[i]);
  bounds.right = Math.max(bounds.right, facts.x[i]);
  bounds.bottom = Math.min(bounds.bottom, facts.y[i]);
  bounds.top = Math.max(bounds.top, facts.y[i]);
}

const toScreen = (x, y) => [view.width / 2 + (x - view.x) * view.scale, view.height / 2 - (y - view.y) * view.scale];
const toMap = (px, py) => [view.x + (px - view.width / 2) / view.scale, view.y - (py - view.height / 2) / view.scale];
const zoomed = () => view.scale / view.home;

function homeView() {
  const wide = Math.max(bounds.right - bounds.left, 1e-6),
    high = Math.max(bounds.top - bounds.bottom, 1e-6);
  const margin = Math.min(40, view.width / 12),
    above = find("tools").offsetHeight + 10;
  const scale = Math.min((view.width - 2 * margin) / wide, Math.max(view.height - above - 2 * margin, 50) / high);
  return { x: (bounds.left + bounds.right) / 2, y: (bounds.bottom + bounds.top) / 2 + above / 2 / scale, scale };
}

function setView(to) {
  Object.assign(view, to);
  view.scale = Math.min(Math.max(view.scale, view.home / 2), view.home * 400);
  // The middle of the screen never leaves the map, so that no one gets lost beside it.
  view.x = Math.min(Math.max(view.x, bounds.left), bounds.right);
  view.y = Math.min(Math.max(view.y, bounds.bottom), Math.max(bounds.top, view.highest));
  tell("view");
}

function zoomAt(px, py, factor) {
  const [x, y] = toMap(px, py);
  const scale = Math.min(Math.max(view.scale * factor, view.home / 2), view.home * 400);
  setView({ scale, x: x - (px - view.width / 2) / scale, y: y + (py - view.height / 2) / scale });
}

const panBy = (dx, dy) => setView({ x: view.x - dx / view.scale, y: view.y + dy / view.scale });

const still = matchMedia("(prefers-reduced-motion: reduce)");
let flight = 0;
function flyTo(to) {
  cancelAnimationFrame(flight);
  if (still.matches) return setView(to);
  const from = { ...view },
    began = performance.now();
  const step = (now) => {
    const t = Math.min(Math.max((now - began) / 280, 0), 1),
      eased = t * t * (3 - 2 * t);
    const between = (name) => from[name] + ((to[name] ?? from[name]) - from[name]) * eased;
    setView({ x: between("x"), y: between("y"), scale: from.scale * ((to.scale ?? from.scale) / from.scale) ** eased });
    if (t < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}

const goHome = () => flyTo(homeView());

// Bring image i into view if it is not there yet, near enough to see its surroundings.
function reveal(i, near = false) {
  const [px, py] = toScreen(facts.x[i], facts.y[i]);
  const inside = px > 40 && py > 40 && px < view.width - 40 && py < view.height - 40;
  if (inside && !near) return;
  flyTo({ x: facts.x[i], y: facts.y[i], scale: near ? Math.max(view.scale, view.home * 8) : view.scale });
}

function resizeView(width, height) {
  const first = view.width === 1,
    kept = zoomed();
  Object.assign(view, { width, height });
  const home = homeView();
  Object.assign(view, { home: home.scale, highest: home.y });
  setView(first ? home : { scale: home.scale * kept });
}
