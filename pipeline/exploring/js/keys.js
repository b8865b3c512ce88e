// The keyboard: a cross on the map that the arrows move, and single letters for the rest.

function moveCross(dx, dy) {
  const [x, y] = ring.cursor ?? [view.width / 2, view.height / 2];
  let [tx, ty] = [x + dx, y + dy];
  // At the edge the map moves instead.
  const edge = 30,
    kept = (value, most) => Math.min(Math.max(value, edge), most - edge);
  const [cx, cy] = [kept(tx, view.width), kept(ty, view.height)];
  if (cx !== tx || cy !== ty) panBy(cx - tx, cy - ty);
  ring.cursor = [cx, cy];
  setHover(under(ring.cursor, 20));
  if (state.hover >= 0) announce(describe(state.hover));
  tell("overlay");
}

surface.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const far = event.shiftKey ? 60 : 12;
  const arrows = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
  if (event.key in arrows) moveCross(...arrows[event.key]);
  else if (event.key === "Enter" || event.key === " ") {
    if (state.hover < 0) return;
    setPin(state.hover);
    showTab("image");
  } else return;
  event.preventDefault();
});
surface.addEventListener("focus", () => {
  if (surface.matches(":focus-visible")) moveCross(0, 0);
});
surface.addEventListener("blur", () => {
  ring.cursor = null;
  setHover(-1);
  tell("overlay");
});

const middleOrCross = () => ring.cursor ?? [view.width / 2, view.height / 2];
const KEYS = {
  "+": () => zoomAt(...middleOrCross(), 1.4),
  "=": () => zoomAt(...middleOrCross(), 1.4),
  "-": () => zoomAt(...middleOrCross(), 1 / 1.4),
  0: goHome,
  m: () => setTool("move"),
  l: () => setTool("lasso"),
  v: () => {
    setSelection(inView());
    showTab("selection");
  },
  i: () => find("pictures").click(),
  "/": () => find("wanted").focus(),
  "?": () => find("help").showModal(),
  Escape: () => {
    if (state.selection) clearSelection();
    else setPin(-1);
  },
};

function clearSelection() {
  ring.outline = [];
  setSelection(null);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("help").open) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
