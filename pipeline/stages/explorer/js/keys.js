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
  c: () => withImagesInFocus(moveImages),
  x: () => withImagesInFocus((images) => markImages(images, "not_sure")),
  Delete: () => withImagesInFocus((images) => markImages(images, "remove")),
  Backspace: () => withImagesInFocus((images) => markImages(images, "remove")),
  n: () => withClusterInFocus("Rename which cluster?", (cluster) => openClusterDialog(cluster)),
  j: () => withClusterInFocus("Merge which cluster?", mergeCluster),
  s: () => withClusterInFocus("Split which cluster?", (cluster) => openClusterDialog(cluster, "parts")),
  e: () => showTab("corrections", true),
  f: openSimilar,
  "/": () => byId("query").focus(),
  "?": showHelp,
  "Ctrl+z": undoCorrection,
  "Ctrl+Shift+z": redoCorrection,
  "Ctrl+y": redoCorrection,
  Escape: () => {
    if (state.selection) setSelection(null);
    else setPin(-1);
  },
};

/**
 * The key with its modifiers, Shift of letters left out: it makes no difference to their actions.
 *
 * @param {KeyboardEvent} event
 */
function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!hasModifier(event)) return key;
  if (event.altKey) return "";
  return event.shiftKey ? `Ctrl+Shift+${key}` : `Ctrl+${key}`;
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (/** @type {Element} */ (event.target).matches("input:not([type=checkbox]), select, textarea")) return;
  const action = KEYS[keyName(event)];
  if (!action) return;
  event.preventDefault();
  action();
});
