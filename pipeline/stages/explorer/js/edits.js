// Corrections as a list of steps, each with one or more edits: undo and redo, the corrected clusters, and the shortest
// list of edits that gives them. All functions are pure.

const MARKS = /** @type {const} */ (["none", "not_sure", "remove"]);
const NOT_SURE = 1,
  REMOVE = 2;

/**
 * @param {Step[]} steps
 * @returns {EditHistory}
 */
const startHistory = (steps) => ({ past: steps.map((_, i) => steps.slice(0, i)), present: steps, future: [] });

/**
 * @param {EditHistory} history
 * @param {Step[]} steps all steps, the new ones included
 * @returns {EditHistory}
 */
const record = ({ past, present }, steps) => ({ past: [...past, present], present: steps, future: [] });

/**
 * @param {EditHistory} history
 * @returns {EditHistory}
 */
function undo({ past, present, future }) {
  if (!past.length) return { past, present, future };
  return { past: past.slice(0, -1), present: past[past.length - 1], future: [present, ...future] };
}

/**
 * @param {EditHistory} history
 * @returns {EditHistory}
 */
function redo({ past, present, future }) {
  if (!future.length) return { past, present, future };
  return { past: [...past, present], present: future[0], future: future.slice(1) };
}

/** @type {{ [Action in Edit["action"]]: (state: CorrectedClusters, edit: Extract<Edit, { action: Action }>) => void }} */
const EFFECTS = {
  rename: ({ names }, { cluster, name }) => {
    names[cluster] = name;
  },
  merge: ({ names, mergedInto, parts }, { clusters }) => {
    const [target, ...sources] = clusters;
    names[target] = clusters.map((cluster) => names[cluster]).find(Boolean) ?? "";
    for (const source of sources) mergedInto[source] = target;
    for (const source of sources) parts[source] = 1;
  },
  split: (state, { cluster, parts }) => {
    state.parts[cluster] = parts;
  },
  create: ({ names, mergedInto, parts }, { cluster, name }) => {
    names[cluster] = name;
    mergedInto[cluster] = cluster;
    parts[cluster] = 1;
  },
  move: ({ clusters }, { images, cluster }) => {
    for (const i of images) clusters[i] = cluster;
  },
  mark: ({ marks }, { images, mark }) => {
    const number = MARKS.indexOf(mark);
    for (const i of images) marks[i] = number;
  },
};

/**
 * @param {Clusters} run
 * @returns {CorrectedClusters}
 */
const uncorrected = ({ clusters, marks, names }) => ({
  clusters: clusters.slice(),
  marks: marks.slice(),
  names: names.slice(),
  mergedInto: names.map((_, cluster) => cluster),
  parts: names.map(() => 1),
});

/**
 * @param {CorrectedClusters} state
 * @param {Edit} edit
 */
const applyEdit = (state, edit) => EFFECTS[edit.action](state, /** @type {any} */ (edit));

/**
 * The clusters after all edits, in order. Merged clusters have no images, and none can be moved into them.
 *
 * @param {Clusters} run
 * @param {Edit[]} edits
 */
function replay(run, edits) {
  const state = uncorrected(run);
  for (const edit of edits) applyEdit(state, edit);
  const { clusters, mergedInto } = state;
  // A cluster may be merged into one that is merged later.
  for (const cluster of mergedInto.keys()) {
    while (mergedInto[cluster] !== mergedInto[mergedInto[cluster]])
      mergedInto[cluster] = mergedInto[mergedInto[cluster]];
  }
  for (let i = 0; i < clusters.length; i++) if (clusters[i] >= 0) clusters[i] = mergedInto[clusters[i]];
  return state;
}

/**
 * The existing cluster, other than the given one, that has a name; undefined if there is none or the name is empty.
 *
 * @param {CorrectedClusters} state
 * @param {number} cluster
 * @param {string} name
 */
const namesake = ({ names, mergedInto }, cluster, name) =>
  name
    ? [...names.keys()].find((other) => other !== cluster && mergedInto[other] === other && names[other] === name)
    : undefined;

/**
 * The shortest list of edits that turns the run's clusters into the corrected ones: no image is in two moves or in two
 * marks. Splits come last, because their parts are not known yet. New clusters without images are left out, and the
 * others get the numbers after the run's.
 *
 * @param {Clusters} run
 * @param {CorrectedClusters} corrected
 * @returns {Edit[]}
 */
function shortestEdits(run, { clusters, marks, names, mergedInto, parts }) {
  const k = run.names.length;
  const sizes = sizesByGroup(clusters);
  const kept = [...names.keys()].filter((c) => mergedInto[c] === c && (c < k || sizes.has(c)));
  const created = kept.filter((cluster) => cluster >= k);
  const number = (/** @type {number} */ cluster) => (cluster < k ? cluster : k + created.indexOf(cluster));
  const before = run.clusters.map((cluster) => (cluster < 0 ? cluster : mergedInto[cluster]));

  /** @type {Edit[]} */
  const edits = [];
  const draft = uncorrected(run);
  const add = (/** @type {Edit} */ edit) => {
    edits.push(edit);
    applyEdit(draft, edit);
  };
  for (const cluster of created) {
    const name = namesake(draft, cluster, names[cluster]) === undefined ? names[cluster] : "";
    add({ action: "create", cluster: number(cluster), name });
  }
  for (const target of kept) {
    const sources = [...run.names.keys()].filter((source) => source !== target && mergedInto[source] === target);
    if (sources.length) add({ action: "merge", clusters: [number(target), ...sources] });
  }
  for (const [cluster, images] of changedImages(before, clusters)) {
    add({ action: "move", images, cluster: number(cluster) });
  }
  for (const cluster of kept) {
    if (draft.names[number(cluster)] === names[cluster]) continue;
    // Two clusters never have the same name, not even between two edits.
    const other = namesake(draft, number(cluster), names[cluster]);
    if (other !== undefined) add({ action: "rename", cluster: other, name: "" });
    add({ action: "rename", cluster: number(cluster), name: names[cluster] });
  }
  for (const [mark, images] of changedImages(run.marks, marks)) add({ action: "mark", images, mark: MARKS[mark] });
  for (const cluster of kept) {
    const count = Math.min(parts[cluster], sizes.get(cluster) ?? 0);
    if (count > 1) add({ action: "split", cluster: number(cluster), parts: count });
  }
  return edits;
}

/** @param {Int32Array} groups */
function sizesByGroup(groups) {
  /** @type {Map<number, number>} */
  const sizes = new Map();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return sizes;
}

/**
 * The images whose value changed, by their new value.
 *
 * @param {ArrayLike<number>} before
 * @param {ArrayLike<number>} after
 */
function changedImages(before, after) {
  /** @type {Map<number, number[]>} */
  const images = new Map();
  for (let i = 0; i < after.length; i++) {
    if (before[i] === after[i]) continue;
    const others = images.get(after[i]);
    if (others) others.push(i);
    else images.set(after[i], [i]);
  }
  return [...images].sort(([a], [b]) => a - b);
}
