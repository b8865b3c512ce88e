// One image: the tooltip over the map, and the pinned one with its neighbours.

function factRows(i, all) {
  const cluster = facts.cluster[i];
  const rows = [["Cluster", h("span", {}, swatch(cluster), clusterName(cluster))]];
  if (labelled) rows.push(["Label", h("span", { class: facts.surprise[i] ? "odd" : "" }, labelName(facts.label[i]))]);
  rows.push(["Confidence", percent(facts.confidence[i])]);
  const rival = facts.misfit[i] > 0 && facts.rival[i] >= 0 ? `, most in ${clusterName(facts.rival[i])}` : "";
  if (all || facts.misfit[i] > 0.5) rows.push(["Misfit", `${percent(facts.misfit[i])}${rival}`]);
  if (all || facts.outlier[i] > 1.5) rows.push(["Outlier", `${facts.outlier[i].toFixed(2)}× the usual`]);
  if (all && known.files.length) rows.push(["File", known.files[i]]);
  else if (all && facts.row) rows.push(["Row in data", count(facts.row[i])]);
  return h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function showTip() {
  const tip = find("tip"),
    i = state.hover;
  tip.hidden = i < 0;
  if (i < 0) return;
  fill(tip, imageOf(i), h("div", {}, h("b", {}, `Image ${i}`), factRows(i, false)));
  const [x, y] = toScreen(facts.x[i], facts.y[i]),
    gap = 16 + radiusNow();
  const right = x + gap + tip.offsetWidth < view.width ? x + gap : x - gap - tip.offsetWidth;
  const low = Math.min(Math.max(y - tip.offsetHeight / 2, 8), Math.max(view.height - tip.offsetHeight - 8, 8));
  tip.style.transform = `translate(${Math.round(Math.max(right, 8))}px, ${Math.round(low)}px)`;
}

function showPin() {
  const place = find("image"),
    i = state.pin;
  if (i < 0) {
    fill(
      place,
      h(
        "p",
        { class: "empty" },
        "Click an image on the map, or press Enter on it, to pin it here with its nearest neighbours.",
      ),
    );
    return;
  }
  const near = [...neighbours(i)];
  const own = near.filter((other) => facts.cluster[other] === facts.cluster[i]).length;
  const words = facts.cluster[i] < 0 ? "" : ` ${own} of these ${near.length} are in the same cluster.`;
  fill(
    place,
    h(
      "div",
      { class: "pinned" },
      h("figure", { colour: groupColour(facts.cluster[i]) }, imageOf(i, { alt: describe(i) })),
      h("div", {}, h("h2", {}, `Image ${i}`), factRows(i, true)),
    ),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", id: "centre", onclick: () => reveal(i, true) }, "Go there"),
      h(
        "button",
        {
          type: "button",
          id: "take",
          onclick: () => {
            setSelection([i, ...near]);
            showTab("selection");
          },
        },
        "Select with neighbours",
      ),
      h(
        "button",
        {
          type: "button",
          id: "unpin",
          onclick: () => {
            setPin(-1);
            find("overlay").focus();
          },
        },
        "Unpin",
      ),
    ),
    near.length ? h("h3", {}, "Nearest neighbours") : null,
    near.length ? h("p", { class: "hint" }, `In the latent space, nearest first.${words}`) : null,
    near.length ? gallery(near, (other) => tileWord(other), "Nearest neighbours") : null,
  );
  announce(`Pinned: ${describe(i)}`);
}

const tileWord = (i) =>
  labelled && facts.label[i] >= 0
    ? `${clusterName(facts.cluster[i])} · ${labelName(facts.label[i])}`
    : clusterName(facts.cluster[i]);
