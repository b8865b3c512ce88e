// Which image is nearest a place, and which lie within an outline: cells of a few images each.

const side = Math.max(Math.ceil(Math.sqrt(n / 4)), 1);
const cellWidth = Math.max(bounds.right - bounds.left, 1e-9) / side;
const cellHeight = Math.max(bounds.top - bounds.bottom, 1e-9) / side;
const column = (x) => Math.min(Math.max(Math.floor((x - bounds.left) / cellWidth), 0), side - 1);
const line = (y) => Math.min(Math.max(Math.floor((y - bounds.bottom) / cellHeight), 0), side - 1);

const cellStart = new Int32Array(side * side + 1);
const cellItems = new Int32Array(n);
{
  const cells = Int32Array.from({ length: n }, (_, i) => line(facts.y[i]) * side + column(facts.x[i]));
  for (const cell of cells) cellStart[cell + 1]++;
  for (let cell = 0; cell < side * side; cell++) cellStart[cell + 1] += cellStart[cell];
  const next = cellStart.slice();
  for (let i = 0; i < n; i++) cellItems[next[cells[i]]++] = i;
}

// Call `visit` for each visible image within a rectangle of the map.
function within(left, right, bottom, top, visit) {
  for (let row = line(bottom); row <= line(top); row++) {
    for (let at = cellStart[row * side + column(left)]; at < cellStart[row * side + column(right) + 1]; at++) {
      const i = cellItems[at];
      const x = facts.x[i],
        y = facts.y[i];
      if (visible[i] && x >= left && x <= right && y >= bottom && y <= top) visit(i);
    }
  }
}

// The visible image nearest a place, at most `reach` away; −1 where there is none.
function nearest(x, y, reach) {
  let best = -1,
    least = reach * reach;
  within(x - reach, x + reach, y - reach, y + reach, (i) => {
    const distance = (facts.x[i] - x) ** 2 + (facts.y[i] - y) ** 2;
    if (distance <= least) [best, least] = [i, distance];
  });
  return best;
}

// The visible images inside a closed outline of [x, y] corners, by counting the edges to the right of each.
function inside(outline) {
  const xs = outline.map(([x]) => x),
    ys = outline.map(([, y]) => y);
  const rows = [];
  within(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (i) => {
    const x = facts.x[i],
      y = facts.y[i];
    let odd = false;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      if (ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a]) odd = !odd;
    }
    if (odd) rows.push(i);
  });
  return rows.sort((a, b) => a - b);
}

function inView() {
  const [left, top] = toMap(0, 0),
    [right, bottom] = toMap(view.width, view.height);
  const rows = [];
  within(left, right, bottom, top, (i) => rows.push(i));
  return rows.sort((a, b) => a - b);
}
