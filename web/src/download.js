/** A recording comes from the server in parts, so that frames and hands are not held up by it. */

/**
 * @param connection runs the commands
 * @param name       of the recording
 * @param format     h5, extxyz or nanover
 * @param progress   called with the share that is there
 * @returns {name, blob}
 */
export async function fetchRecording(connection, name, format, progress = () => {}) {
  const parts = [];
  let offset = 0;
  while (true) {
    const { file, data, size } = await connection.run("recordings/read", { name, format, offset });
    if (data.length) parts.push(data);
    offset += data.length;
    progress(size ? offset / size : 1);
    if (offset >= size || !data.length) return { name: file, blob: new Blob(parts) };
  }
}

/** Have the browser keep a file. */
export function keepFile({ name, blob }) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
