// What lies over the points: pictures where there is room, names of groups, rings, lines to neighbours, the lasso.

const ring = { outline: [], cursor: null }; // the lasso's corners and the keyboard's cross, in screen places

const loaded = new Map();

// Image i ready to be drawn, or null while it is being decoded.
function bitmap(i) {
  if (loaded.size > 4000) loaded.clear();
  if (!loaded.has(i)) {
    const address = picture(i);
    if (!address) return null;
    const image = new Image();
    image.onload = () => tell("overlay");
    image.src = address;
    loaded.set(i, image);
  }
  const image = loaded.get(i);
  return image.complete && image.naturalWidth ? image : null;
}

// At most one image for each cell of a lattice that is fixed to the map, so that they keep still while it moves.
function thumbnails() {
  const size = 46,
    cell = 2 ** Math.ceil(Math.log2(size / view.scale));
  const [left, top] = toMap(-size, -size),
    [right, bottom] = toMap(view.width + size, view.height + size);
  const cells = new Map();
  let seen = 0;
  within(left, right, bottom, top, (i) => {
    seen++;
    const key = `${Math.floor(facts.x[i] / cell)} ${Math.floor(facts.y[i] / cell)}`;
    const other = cells.get(key);
    if (other === undefined || rank(i) < rank(other)) cells.set(key, i);
  });
  // While points still crowd, pictures would hide what the map shows.
  if (seen / Math.max(cells.size, 1) > 6) return [];
  const taken = [];
  const pinned = state.pin < 0 ? [] : [state.pin, ...neighbours(state.pin)];
  const free = (i) =>
    taken.every(
      (j) => Math.max(Math.abs(facts.x[i] - facts.x[j]), Math.abs(facts.y[i] - facts.y[j])) * view.scale > size - 4,
    );
  const rest = [...cells.values()].sort((a, b) => rank(a) - rank(b));
  for (const i of [...pinned, ...rest]) if (free(i)) taken.push(i);
  return taken;
}

const rank = (i) => Math.imul(i + 1, 0x9e3779b1) >>> 0; // a fixed random order

const longest = Math.max(known.shape[0], known.shape[1]);
const high = (36 * known.shape[0]) / longest,
  wide = (36 * known.shape[1]) / longest; // a thumbnail's pixels
const framed = new Set(); // who is on the map as a thumbnail

function drawThumbnails(context) {
  context.imageSmoothingEnabled = longest > 36;
  for (const i of thumbnails()) {
    const image = bitmap(i);
    if (!image) continue;
    const [x, y] = toScreen(facts.x[i], facts.y[i]);
    context.globalAlpha = state.selection && !chosen[i] ? 0.25 : 1;
    context.fillStyle = pointColour(i);
    context.fillRect(x - wide / 2 - 2, y - high / 2 - 2, wide + 4, high + 4);
    context.drawImage(image, x - wide / 2, y - high / 2, wide, high);
    framed.add(i);
  }
  context.globalAlpha = 1;
}

function drawNames(context) {
  const spots = known.spots[state.colourBy] ?? known.spots.cluster;
  const byLabel = state.colourBy === "label";
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const taken = [];
  for (const { group, name, x, y } of spots) {
    if (!byLabel && state.hidden.has(group)) continue;
    const major = byLabel || !known.majority[group] ? "" : ` · ${known.majority[group]}`;
    const words = `${name}${major}`,
      [px, py] = toScreen(x, y);
    const half = context.measureText(words).width / 2 + 4;
    if (taken.some(([tx, ty, th]) => Math.abs(tx - px) < th + half && Math.abs(ty - py) < 18)) continue;
    taken.push([px, py, half]);
    context.strokeStyle = style("--paper");
    context.lineWidth = 4;
    context.strokeText(words, px, py);
    context.fillStyle = style("--ink");
    context.fillText(words, px, py);
  }
}

// A ring around a point, or a frame around a thumbnail.
function mark(context, i, radius, width, colour) {
  const [x, y] = toScreen(facts.x[i], facts.y[i]);
  context.beginPath();
  if (framed.has(i)) context.rect(x - wide / 2 - 3, y - high / 2 - 3, wide + 6, high + 6);
  else context.arc(x, y, radius, 0, 2 * Math.PI);
  context.lineWidth = width + 2;
  context.strokeStyle = style("--paper");
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

function drawPin(context) {
  const [x, y] = toScreen(facts.x[state.pin], facts.y[state.pin]);
  const ink = style("--ink"),
    radius = radiusNow() + 4;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  for (const other of neighbours(state.pin)) {
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...toScreen(facts.x[other], facts.y[other]));
    context.stroke();
  }
  context.globalAlpha = 1;
  for (const other of neighbours(state.pin)) mark(context, other, radius - 1, 1.25, ink);
  mark(context, state.pin, radius + 4, 3, style("--accent"));
}

function drawLasso(context) {
  context.beginPath();
  ring.outline.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](...toScreen(x, y)));
  context.closePath();
  if (!state.selection) {
    context.fillStyle = style("--veil");
    context.fill();
  }
  context.strokeStyle = style("--accent");
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

function drawCross(context) {
  const [x, y] = ring.cursor;
  for (const [width, colour] of [
    [4, style("--paper")],
    [1.5, style("--accent")],
  ]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 5 * dx, y + 5 * dy);
      context.lineTo(x + 15 * dx, y + 15 * dy);
    }
    context.stroke();
  }
}

function drawOverlay(canvas, ratio) {
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  framed.clear();
  if (state.pictures) drawThumbnails(context);
  drawNames(context);
  if (ring.outline.length > 1) drawLasso(context);
  if (state.pin >= 0) drawPin(context);
  if (state.hover >= 0) mark(context, state.hover, radiusNow() + 4, 2.5, style("--ink"));
  if (ring.cursor) drawCross(context);
}
