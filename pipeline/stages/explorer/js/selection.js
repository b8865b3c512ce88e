// The selection: its composition and its images.

function renderSelection() {
  const images = state.selection;
  byId("tab-selection").textContent = images ? `Selection (${formatCount(images.length)})` : "Selection";
  if (!images) {
    renderEmptySelection();
    return;
  }
  const leastConfident = images.slice().sort((a, b) => columns.confidence[a] - columns.confidence[b] || a - b);
  const clear = () => {
    setSelection(null);
    byId("overlay").focus();
  };
  setChildren(
    byId("selection"),
    h("h2", {}, plural(images.length, "image")),
    h(
      "p",
      { class: "buttons" },
      button("Save as CSV", () => saveCsv(images), { id: "save-csv", class: "main" }),
      button("Clear selection", clear, { id: "clear-selection" }),
    ),
    h("div", { id: "correct-selection" }),
    h("div", { id: "compositions" }),
    h("h3", {}, "Images"),
    h("p", { class: "hint" }, `Least confident first.${hasLabels ? " Captions: cluster · label." : ""}`),
    gallery(leastConfident, clusterAndLabel, "Selected images"),
  );
  renderComposition(images);
  announce(`Selected ${plural(images.length, "image")}`);
}

/**
 * Render what depends on the clusters.
 *
 * @param {Int32Array} images
 */
function renderComposition(images) {
  const buttons = byId("correct-selection");
  keepFocus(buttons, () =>
    setChildren(
      buttons,
      correctionButtons("selection", () => [...images]),
    ),
  );
  setChildren(
    byId("compositions"),
    compositionTable("By cluster", images, "cluster"),
    hasLabels ? compositionTable("By label", images, "label") : null,
  );
}

function updateSelection() {
  if (state.selection) renderComposition(state.selection);
  updateTiles(byId("selection"));
}

function renderEmptySelection() {
  const hint =
    "Draw around points with the lasso (L), or hold Shift while dragging. " +
    "With the keyboard, zoom in and press V to select the images in view.";
  setChildren(
    byId("selection"),
    h("p", { class: "empty" }, hint),
    h(
      "p",
      { class: "buttons" },
      button("Select images in view", () => setSelection(imagesInView()), { id: "select-view" }),
    ),
  );
}
