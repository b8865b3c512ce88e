// The keyboard: arrows move a crosshair on the map, single letters do the rest.

const EDGE = 30; // pixels; beyond it the map moves instead of the crosshair

/**
 * @param {number} dx
 * @param {number} dy
 */
function moveCrosshair(dx, dy) {
  const [x, y] = overlay.crosshair ?? screenCentre();
  /** @type {Point} */
  const target = [clamp(x + dx, EDGE, view.width - EDGE), clamp(y + dy, EDGE, view.height - EDGE)];
  const [beyondX, beyondY] = [target[0] - x - dx, target[1] - y - dy];
  if (beyondX || beyondY) panBy(beyondX, beyondY);
  overlay.crosshair = target;
  setHover(imageAt(target, 20));
  if (state.hover >= 0) announce(describeImage(state.hover));
  emit("overlay");
}

/** @param {KeyboardEvent} event */
const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;

surface.addEventListener("keydown", (event) => {
  if (hasModifier(event)) return;
  const step = event.shiftKey ? 60 : 12;
  /** @type {Record<string, Point>} */
  const arrows = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key in arrows) moveCrosshair(...arrows[event.key]);
  else if (event.key === "Enter" || event.key === " ") {
    if (state.hover < 0) return;
    setPin(state.hover);
    showTab("image");
  } else return;
  event.preventDefault();
});
surface.addEventListener("focus", () => {
  if (surface.matches(":focus-visible")) moveCrosshair(0, 0);
});
surface.addEventListener("blur", () => {
  overlay.crosshair = null;
  setHover(-1);
  emit("overlay");
});

const showHelp = () => /** @type {HTMLDialogElement} */ (byId("help")).showModal();

/** @param {number} factor */
const zoomAtCrosshair = (factor) => zoomAt(overlay.crosshair ?? screenCentre(), factor);

/** @type {Record<string, () => void>} */
const KEYS = {
  "+": () => zoomAtCrosshair(1.4),
  "=": () => zoomAtCrosshair(1.4),
  "-": () => zoomAtCrosshair(1 / 1.4),
  0: goHome,
  m: () => setTool("move"),
  l: () => setTool("lasso"),
  v: () => {
    setSelection(imagesInView());
    showTab("selection");
  },
  i: () => byId("toggle-thumbnails").click(),
  "/": () => byId("query").focus(),
  "?": showHelp,
  Escape: () => {
    if (state.selection) setSelection(null);
    else setPin(-1);
  },
};

document.addEventListener("keydown", (event) => {
  if (hasModifier(event) || /** @type {HTMLDialogElement} */ (byId("help")).open) return;
  if (/** @type {Element} */ (event.target).matches("input:not([type=checkbox]), select, textarea")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
