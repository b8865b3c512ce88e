// Corrections in words.

/** @type {{ [Action in Edit["action"]]: (edit: Extract<Edit, { action: Action }>) => string }} */
const EDIT_WORDS = {
  rename: ({ cluster, name }) => `${clusterNumber(cluster)} ${name ? `named “${isolated(name)}”` : "without a name"}`,
  merge: ({ clusters: [target, ...sources] }) =>
    `${sources.map(clusterNumber).join(", ")} merged into ${clusterNumber(target)}`,
  split: ({ cluster, parts }) =>
    `${clusterNumber(cluster)} ${parts > 1 ? `to be split in ${parts}` : "not to be split"}`,
  create: ({ cluster, name }) => `${clusterNumber(cluster)}${name ? ` “${isolated(name)}”` : ""} is new`,
  move: ({ images, cluster }) => `${plural(images.length, "image")} moved to ${clusterNumber(cluster)}`,
  mark: ({ images, mark }) => {
    const name = MARK_NAMES[MARKS.indexOf(mark)];
    return `${plural(images.length, "image")} ${name ? `marked “${name}”` : "no longer marked"}`;
  },
};

/** @param {Step} step */
function describeStep(step) {
  const [first, ...others] = step.map((edit) => EDIT_WORDS[edit.action](/** @type {any} */ (edit)));
  return (step[0].action === "create" ? [...others, first] : [first, ...others]).join(", ");
}

/**
 * @param {Step[]} before
 * @param {Step[]} after
 */
function describeChange(before, after) {
  const added = after.filter((step) => !before.includes(step));
  const [step] = added;
  if (added.length === 1) return describeStep(step);
  return added.length
    ? plural(added.length, "correction")
    : `${plural(before.length - after.length, "correction")} discarded`;
}
