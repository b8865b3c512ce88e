// Types of the data that page_data.py writes into the page, and of the state that the scripts share.

type Group = "cluster" | "label";
type Quantity = "confidence" | "misfit" | "outlier";
type Point = [x: number, y: number];
type Rgb = [red: number, green: number, blue: number];
type IndexArray = Uint16Array | Int32Array;

interface EncodedArray {
  type: "Float32Array" | "Int32Array" | "Uint16Array" | "Uint8Array";
  data: string; // base64
}

interface SheetLayout {
  rows: number;
  columns: number;
  cell: [height: number, width: number]; // in pixels
  thumbnail: [height: number, width: number];
}

interface PageData {
  name: string;
  clustering: string; // digest of the clusters, their names and the marks
  k: number;
  merges: [group: number, other: number][]; // the most similar first; the other group joins the first
  cluster_names: string[]; // empty if no cluster has a name
  graph_neighbours: number;
  labels: string[]; // empty if no label is known
  paths: string[]; // empty if images are not files
  n_train: number | null; // if images of both parts are fitted, the number of those of the part train
  palette: Record<"light" | "dark", string[]>; // ten hues, then the colour of noise
  sheets: SheetLayout;
  columns: Record<string, EncodedArray>;
}

// One value for each image; see ImageFacts in facts.py.
interface Columns {
  x: Float32Array;
  y: Float32Array;
  cluster: Int32Array;
  label: Int32Array;
  confidence: Float32Array;
  misfit: Float32Array;
  rival: Int32Array;
  outlier: Float32Array;
  neighbours: IndexArray; // the same number for each image, one image after the other
  slot: IndexArray; // position in the sprite sheets
  row?: Int32Array; // row in the data set, if it is not the image's index
  copies?: Int32Array; // number of the group of equal images, −1 for none; absent if no image has copies
  blank?: Uint8Array; // 1 if nothing can be seen; absent if no image is blank
  mark?: Uint8Array; // 0 none, 1 not sure, 2 remove
}

interface ClusterSummary {
  images: Int32Array;
  typical: number[];
  majority: number; // most frequent label, −1 if no member has one
  purity: number; // share of the labelled members that have it
  position: Point; // of the name on the map
}

type Mark = "none" | "not_sure" | "remove";

type Edit =
  | { action: "rename"; cluster: number; name: string }
  | { action: "merge"; clusters: number[] } // images of all go to the first
  | { action: "split"; cluster: number; parts: number } // 1 takes an earlier request back
  | { action: "create"; cluster: number; name: string } // with the next free number
  | { action: "move"; images: number[]; cluster: number } // −1: noise
  | { action: "mark"; images: number[]; mark: Mark };

type Step = Edit[]; // what one action of the user changed

interface EditHistory {
  past: Step[][];
  present: Step[];
  future: Step[][];
}

// One entry for each image, or for each cluster, those that are merged into others included.
interface Clusters {
  clusters: Int32Array;
  marks: Uint8Array; // positions in MARKS
  names: string[];
}

interface CorrectedClusters extends Clusters {
  mergedInto: number[]; // the cluster itself if it is not merged
  parts: number[]; // into how many parts to split, 1 for none
}

interface Neighbour {
  image: number;
  rank: number; // from 1
  distance: number; // in the latent space
}

interface SearchTable {
  queries: Map<string, Neighbour[]>; // nearest first, without those that the page does not show
  remarks: string[]; // what was assumed
}

interface State {
  colourBy: Group | Quantity;
  hidden: Set<number>;
  selection: Int32Array | null;
  hover: number; // −1 for none
  pin: number; // −1 for none
  tool: "move" | "lasso";
  showThumbnails: boolean;
}

type StateEvent = "view" | "overlay" | "hover" | "pin" | "selection" | "visible" | "colours" | "tool" | "clusters";
