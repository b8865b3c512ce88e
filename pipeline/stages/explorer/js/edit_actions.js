// What the user may correct: the clusters and marks of some images.

/**
 * The images that a key is for: that of the tile which has the focus, else the selection, else the pinned image.
 *
 * @returns {number[]}
 */
function imagesInFocus() {
  const tile = document.activeElement?.closest(".tile");
  if (tile instanceof HTMLElement) return [Number(tile.dataset.image)];
  if (state.selection) return [...state.selection];
  return state.pin < 0 ? [] : [state.pin];
}

/** @param {(images: number[]) => void} action */
function withImagesInFocus(action) {
  const images = imagesInFocus();
  if (images.length) action(images);
  else notify("First select images with the lasso or V, or pin one");
}

/** @param {number[]} images */
async function moveImages(images) {
  const clusters = [...allClusters().filter((cluster) => cluster >= 0), -1];
  const choice = await chooseCluster(`Move ${plural(images.length, "image")} to`, clusters, true);
  if (!choice) return;
  if ("newName" in choice) moveToNewCluster(images, choice.newName);
  else moveToCluster(images, choice.cluster);
}

/**
 * Images that are to be removed are kept if they are moved.
 *
 * @param {number[]} images
 * @param {number} cluster
 */
function moveToCluster(images, cluster) {
  const removed = images.filter((i) => marks[i] === REMOVE);
  const moved = images.filter((i) => corrected.clusters[i] !== cluster);
  /** @type {Step} */
  const step = [];
  if (moved.length) step.push({ action: "move", images: moved, cluster });
  if (removed.length) step.push({ action: "mark", images: removed, mark: "none" });
  if (step.length) correct(step);
  else notify(`${images.length === 1 ? "It is" : "They are"} in ${clusterName(cluster)} already`);
}

/** @param {number[]} images */
function moveToNewCluster(images, name = "") {
  const cluster = corrected.names.length;
  const removed = images.filter((i) => marks[i] === REMOVE);
  /** @type {Step} */
  const step = [
    { action: "create", cluster, name: cleanName(name) },
    { action: "move", images, cluster },
  ];
  if (removed.length) step.push({ action: "mark", images: removed, mark: "none" });
  correct(step);
}

/**
 * Mark images, or take the mark back if all of them have it.
 *
 * @param {number[]} images
 * @param {"not_sure" | "remove"} mark
 */
function markImages(images, mark) {
  const unmarked = images.filter((i) => MARKS[marks[i]] !== mark);
  correct([unmarked.length ? { action: "mark", images: unmarked, mark } : { action: "mark", images, mark: "none" }]);
}

/**
 * @param {string} part of the page, for the ids
 * @param {() => number[]} images
 */
function correctionButtons(part, images) {
  /**
   * @param {"not_sure" | "remove"} mark
   * @param {string} text
   * @param {string} title
   */
  const markButton = (mark, text, title) =>
    button(text, () => markImages(images(), mark), {
      id: `${part}-${mark}`,
      title,
      "aria-pressed": String(images().every((i) => MARKS[marks[i]] === mark)),
    });
  return h(
    "p",
    { class: "buttons", role: "group", "aria-label": "Corrections" },
    button("Move to…", () => moveImages(images()), {
      id: `${part}-move`,
      title: "Move to another or a new cluster (C)",
    }),
    button("New cluster", () => moveToNewCluster(images()), { id: `${part}-new`, title: "Move to a new cluster" }),
    markButton("not_sure", "Not sure", "Mark as “not sure” (X)"),
    markButton("remove", "Remove", "Mark for removal from the data set (Delete)"),
  );
}
