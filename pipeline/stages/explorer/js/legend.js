// The legend, for all colours except those of clusters, which the list of clusters shows.

function renderLegend() {
  const quantity = quantityOf(state.colourBy),
    legend = byId("legend");
  legend.hidden = state.colourBy === "cluster";
  if (quantity) {
    const ends = [quantity.low, quantity.high].map((value) => h("span", {}, quantity.format(value)));
    setChildren(legend, h("b", {}, quantity.name), rampBar(), h("div", { class: "ends" }, ...ends));
  } else if (state.colourBy === "label") {
    const labels = [...new Set(columns.label)].sort((a, b) => Number(a < 0) - Number(b < 0) || a - b);
    const items = labels.map((label) => h("li", {}, swatch(label), labelName(label)));
    setChildren(legend, h("b", {}, "Label"), h("ul", {}, ...items));
  }
}

function rampBar() {
  const bar = h("canvas", { class: "ramp", width: 160, height: 10, "aria-hidden": "true" });
  const context = context2d(bar);
  for (let x = 0; x < bar.width; x++) {
    context.fillStyle = `rgb(${rampColour(x / (bar.width - 1)).join(" ")})`;
    context.fillRect(x, 0, 1, bar.height);
  }
  return bar;
}
