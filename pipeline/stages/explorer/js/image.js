// One image: the tooltip on the map, and the pinned image with its neighbours.

/**
 * @param {number} i
 * @param {boolean} isComplete
 */
function imageProperties(i, isComplete) {
  const cluster = columns.cluster[i],
    rival = rivalCluster(i);
  const before = run.clusters[i] === cluster ? "" : ` (in the run ${clusterNumber(run.clusters[i])})`;
  /** @type {[string, string | Node][]} */
  const rows = [["Cluster", h("span", {}, swatch(cluster), clusterName(cluster), before)]];
  if (marks[i]) rows.push(["Mark", h("span", { class: "unexpected" }, markName(i))]);
  if (hasLabels) {
    const unexpected = disagrees(i)
      ? { class: "unexpected", title: "Not the most frequent label of this cluster" }
      : {};
    rows.push(["Label", h("span", unexpected, labelName(columns.label[i]))]);
  }
  rows.push(["Confidence", formatPercent(columns.confidence[i])]);
  const towards = columns.misfit[i] > 0 && rival >= 0 && rival !== cluster ? `, mostly ${clusterName(rival)}` : "";
  if (isComplete || columns.misfit[i] > 0.5) rows.push(["Misfit", `${formatPercent(columns.misfit[i])}${towards}`]);
  if (isComplete || columns.outlier[i] > 1.5) rows.push(["Outlier score", `${columns.outlier[i].toFixed(2)}×`]);
  if (isComplete && data.paths.length) rows.push(["File", visible(data.paths[i])]);
  else if (isComplete && columns.row) rows.push(["Row in data set", formatCount(columns.row[i])]);
  return h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function updateTooltip() {
  const tooltip = byId("tooltip"),
    i = state.hover;
  tooltip.hidden = i < 0;
  if (i < 0) return;
  setChildren(tooltip, thumbnailElement(i), h("div", {}, h("b", {}, `Image ${i}`), imageProperties(i, false)));
  const [x, y] = imageOnScreen(i),
    gap = 16 + pointRadius();
  const fitsRight = x + gap + tooltip.offsetWidth < view.width;
  const left = Math.max(fitsRight ? x + gap : x - gap - tooltip.offsetWidth, 8);
  const top = clamp(y - tooltip.offsetHeight / 2, 8, Math.max(view.height - tooltip.offsetHeight - 8, 8));
  tooltip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function renderPinnedImage() {
  const panel = byId("image"),
    i = state.pin;
  if (i < 0) {
    const hint = "Click an image on the map, or press Enter on it, to pin it here with its nearest neighbours.";
    setChildren(panel, h("p", { class: "empty" }, hint));
    return;
  }
  const frame = h("figure", { "--colour": groupColour(columns.cluster[i]) }, thumbnailElement(i, describeImage(i)));
  const properties = h("div", {}, h("h2", {}, `Image ${i}`), imageProperties(i, true));
  const selectNeighbours = () => {
    setSelection([i, ...neighbours(i)]);
    showTab("selection");
  };
  const unpin = () => {
    setPin(-1);
    byId("overlay").focus();
  };
  const content = [
    h("div", { class: "pinned" }, frame, properties),
    correctionButtons("image", () => [i]),
    h(
      "p",
      { class: "buttons" },
      button("Show on map", () => revealImage(i, true), { id: "show-on-map" }),
      button("Select with neighbours", selectNeighbours, { id: "select-neighbours" }),
      button("Unpin", unpin, { id: "unpin" }),
    ),
    ...neighbourGallery(i),
  ];
  keepFocus(panel, () => setChildren(panel, ...content));
}

/** @param {number} i */
function neighbourGallery(i) {
  const images = [...neighbours(i)];
  if (!images.length) return [];
  const sameCluster = images.filter((other) => columns.cluster[other] === columns.cluster[i]).length;
  const sameShare = sameCluster === images.length ? "All are" : `${sameCluster} of ${images.length} are`;
  const share = columns.cluster[i] < 0 ? "" : ` ${sameShare} in the same cluster.`;
  return [
    h("h3", {}, "Nearest neighbours"),
    h("p", { class: "hint" }, `By distance in the latent space, nearest first.${share}`),
    gallery(images, clusterAndLabel, "Nearest neighbours"),
  ];
}
