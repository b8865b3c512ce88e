// Start the page: connect state, controls and drawing. Each frame draws only the canvases that changed.

const pointCanvas = canvasById("points");
const isStale = { points: true, overlay: true };
let frameIsRequested = false;
let frameCount = 0;

/** @param {"points" | "overlay"} layer */
function requestDraw(layer) {
  isStale[layer] = true;
  if (frameIsRequested) return;
  frameIsRequested = true;
  requestAnimationFrame(() => {
    frameIsRequested = false;
    const ratio = pointCanvas.width / view.width;
    if (isStale.points) drawPoints(pointCanvas, ratio);
    drawOverlay(surface, ratio);
    isStale.points = isStale.overlay = false;
    document.documentElement.dataset.frames = String(++frameCount); // tests wait for it
  });
}

function updateStatus() {
  const visibleCount = isVisible.reduce((sum, visible) => sum + visible, 0);
  const images = plural(n, "image");
  const parts = [visibleCount === n ? images : `${formatCount(visibleCount)} of ${images} shown`];
  if (state.selection) parts.push(`${formatCount(state.selection.length)} selected`);
  byId("status").textContent = parts.join(" · ");
}

function recolour() {
  updatePointColours();
  renderLegend();
  requestDraw("points");
}

function renderEverything() {
  recolour();
  renderClusters();
  renderPinnedImage();
  renderSelection();
  if (listsAreRendered()) renderLists();
  renderSimilar();
  renderCorrections();
}

// Galleries keep their images, so that a correction does not move them under the pointer.
function showCorrectedClusters() {
  loadError = "";
  summarizeClusters();
  updateVisibility();
  updateStatus();
  recolour();
  renderClusters();
  renderPinnedImage();
  updateSelection();
  if (byId("lists").hidden) setChildren(byId("lists"));
  else updateTiles(byId("lists"));
  updateTiles(byId("similar"));
  renderCorrections();
}

function fitCanvases() {
  const { width, height } = byId("map").getBoundingClientRect();
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  for (const canvas of [pointCanvas, surface]) {
    canvas.width = Math.max(Math.round(width * ratio), 1);
    canvas.height = Math.max(Math.round(height * ratio), 1);
  }
  resizeView(Math.max(width, 1), Math.max(height, 1));
}

listen("view", () => {
  requestDraw("points");
  updateTooltip();
});
listen("overlay", () => requestDraw("overlay"));
listen("hover", () => {
  requestDraw("overlay");
  updateTooltip();
  surface.classList.toggle("over-image", state.hover >= 0);
});
listen("pin", () => {
  requestDraw("overlay");
  renderPinnedImage();
  if (state.pin >= 0) announce(`Pinned: ${describeImage(state.pin)}`);
});
listen("clusters", showCorrectedClusters);
listen("selection", () => {
  if (!state.selection) overlay.lasso = [];
  requestDraw("points");
  renderSelection();
  updateStatus();
});
listen("visible", () => {
  requestDraw("points");
  updateClusterCheckboxes();
  updateStatus();
  if (listsAreRendered()) renderLists();
});
listen("colours", () => {
  recolour();
  inputById("colour").value = state.colourBy;
});
listen("tool", () => {
  for (const tool of ["move", "lasso"]) byId(`tool-${tool}`).setAttribute("aria-pressed", String(state.tool === tool));
  surface.classList.toggle("lasso", state.tool === "lasso");
});

byId("colour").addEventListener("change", () =>
  setColourBy(/** @type {State["colourBy"]} */ (inputById("colour").value)),
);
byId("tool-move").addEventListener("click", () => setTool("move"));
byId("tool-lasso").addEventListener("click", () => setTool("lasso"));
byId("zoom-in").addEventListener("click", () => zoomAt(screenCentre(), 1.6));
byId("zoom-out").addEventListener("click", () => zoomAt(screenCentre(), 1 / 1.6));
byId("zoom-home").addEventListener("click", goHome);
byId("toggle-thumbnails").addEventListener("click", () => {
  state.showThumbnails = !state.showThumbnails;
  byId("toggle-thumbnails").setAttribute("aria-pressed", String(state.showThumbnails));
  requestDraw("overlay");
});
byId("open-help").addEventListener("click", showHelp);
byId("toggle-theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = currentTheme() === "dark" ? "light" : "dark";
});
new MutationObserver(renderEverything).observe(document.documentElement, { attributeFilter: ["data-theme"] });

fitCanvases();
setTool("move");
updateStatus();
renderEverything();
new ResizeObserver(fitCanvases).observe(byId("map"));
if (location.hash) pinByQuery(location.hash.slice(1));
