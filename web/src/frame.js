/**
 * Frames and shared state as the wire has them: how arrays are packed, and how increments add up. No I/O.
 */

const FLOATS = new Set([
  "particle.positions",
  "particle.velocities",
  "particle.forces",
  "particle.forces.system",
  "forces.user.sparse",
  "engine.uncertainty.atoms",
  "bond.orders.engine",
  "particle.charges",
  "particle.masses",
  "particle.spins",
  "engine.state_changed",
]);
const INDICES = new Set(["bond.pairs", "particle.residues", "residue.chains", "forces.user.index"]);

/** One value of a frame: raw little-endian bytes become numbers; everything else is what it is. */
export function unpack(key, value) {
  if (!(value instanceof Uint8Array)) return value;
  if (!FLOATS.has(key) && !INDICES.has(key)) return value; // bytes: elements, bond orders
  const copy = value.slice(); // on an address that a multiple of four starts
  return FLOATS.has(key) ? new Float32Array(copy.buffer) : new Uint32Array(copy.buffer);
}

/** Add an increment to a frame (a plain object); index 0 makes all that was before void. */
export function addFrame(frame, increment) {
  if (increment["frame.index"] === 0) for (const key of Object.keys(frame)) delete frame[key];
  for (const [key, value] of Object.entries(increment)) frame[key] = unpack(key, value);
}

/** Add changes to the shared state (a Map). */
export function addState(state, change) {
  for (const [key, value] of Object.entries(change.updates ?? {})) state.set(key, value);
  for (const key of change.removals ?? []) state.delete(key);
}
