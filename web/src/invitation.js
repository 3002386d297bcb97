/** Which link lets others in, from what the server and the browser know. No drawing. */

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether only this machine can open an address. */
export const isLoopback = (address) => LOOPBACK.test(new URL(address).hostname);

/**
 * The links that this visitor can give away, by right ("own", "pull", "watch").
 *
 * @param here  the page's address in this browser
 * @param token this visitor's; empty for none
 * @param right this visitor's
 * @param told  what share/links answers, for those who may ask; or null
 */
export function invitations(here, token, right, told) {
  const page = new URL("./", here);
  page.search = page.hash = "";
  const own = { [right]: page.href + (token ? `#token=${encodeURIComponent(token)}` : "") };
  const links = Object.fromEntries(Object.entries(told ?? own).filter(([, link]) => link));
  if (isLoopback(page)) return links;
  // The address by which this browser came works for others, too, as the server's own may not.
  return Object.fromEntries(Object.entries(links).map(([of, link]) => [of, page.href + new URL(link).hash]));
}
