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

interface NamePosition {
  group: number;
  name: string;
  x: number;
  y: number;
}

interface SheetLayout {
  rows: number;
  columns: number;
  cell: [height: number, width: number]; // in pixels
  thumbnail: [height: number, width: number];
}

interface PageData {
  name: string;
  k: number;
  merges: [group: number, other: number][]; // the most similar first; the other group joins the first
  graph_neighbours: number;
  labels: string[]; // empty if no label is known
  majority: string[]; // most frequent label of each cluster
  paths: string[]; // empty if images are not files
  names: Record<Group, NamePosition[]>;
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
  disagrees?: Uint8Array; // 1 if the label is not the most frequent one of the cluster
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

type StateEvent = "view" | "overlay" | "hover" | "pin" | "selection" | "visible" | "colours" | "tool";
