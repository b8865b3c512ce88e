// The mouse and fingers on the map: drag, wheel, pinch, lasso, hover, click.

const surface = find("overlay");
const fingers = new Map();
let drag = null;

const placeOf = (event) => {
  const box = surface.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

function under([px, py], pixels = 14) {
  const [x, y] = toMap(px, py);
  return nearest(x, y, Math.max(pixels, radiusNow() + 4) / view.scale);
}

function pinchNow() {
  const [[ax, ay], [bx, by]] = [...fingers.values()];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.max(Math.hypot(ax - bx, ay - by), 1) };
}

surface.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  surface.setPointerCapture(event.pointerId);
  const place = placeOf(event);
  fingers.set(event.pointerId, place);
  ring.cursor = null;
  if (fingers.size === 2) {
    drag = { kind: "pinch", ...pinchNow() };
    ring.outline = [];
  } else if (fingers.size === 1) {
    const lasso = (state.tool === "lasso") !== event.shiftKey;
    drag = { kind: lasso ? "lasso" : "pan", from: place, at: place, moved: false };
    ring.outline = [];
  }
});

surface.addEventListener("pointermove", (event) => {
  const place = placeOf(event);
  if (!fingers.has(event.pointerId)) {
    if (event.pointerType !== "touch") setHover(under(place));
    return;
  }
  fingers.set(event.pointerId, place);
  if (drag?.kind === "pinch" && fingers.size === 2) {
    const now = pinchNow();
    panBy(now.x - drag.x, now.y - drag.y);
    zoomAt(now.x, now.y, now.apart / drag.apart);
    Object.assign(drag, now);
  } else if (drag && drag.kind !== "pinch") {
    drag.moved ||= Math.hypot(place[0] - drag.from[0], place[1] - drag.from[1]) > 4;
    if (!drag.moved) return;
    setHover(-1);
    if (drag.kind === "pan") panBy(place[0] - drag.at[0], place[1] - drag.at[1]);
    else ring.outline.push(toMap(...(ring.outline.length ? place : drag.from)));
    drag.at = place;
    tell("overlay");
  }
});

function lift(event) {
  if (!fingers.delete(event.pointerId) || !drag) return;
  const { kind, moved } = drag;
  if (fingers.size === 0) drag = null;
  if (event.type === "pointercancel" || kind === "pinch") return;
  if (!moved) {
    const i = under(placeOf(event), event.pointerType === "touch" ? 24 : 14);
    setPin(i);
    if (i >= 0) showTab("image");
  } else if (kind === "lasso" && ring.outline.length > 2) {
    setSelection(inside(ring.outline));
    ring.outline = state.selection ? ring.outline : [];
    showTab("selection");
  }
}
surface.addEventListener("pointerup", lift);
surface.addEventListener("pointercancel", lift);
surface.addEventListener("pointerleave", () => setHover(-1));
surface.addEventListener("dblclick", (event) => zoomAt(...placeOf(event), 2));
surface.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    zoomAt(...placeOf(event), Math.exp(-Math.min(Math.max(event.deltaY * lines, -240), 240) * 0.0022));
  },
  { passive: false },
);
