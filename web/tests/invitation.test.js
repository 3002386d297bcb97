import assert from "node:assert/strict";
import { test } from "node:test";
import { invitations, isLoopback } from "../src/invitation.js";

const TOLD = { own: "https://10.0.0.5:38802/#token=a", pull: "", watch: "https://10.0.0.5:38802/#token=w" };

test("who came by localhost gives away the address that others can reach", () => {
  const links = invitations("https://localhost:38802/?x#token=a", "a", "own", TOLD);
  assert.deepEqual(links, { own: TOLD.own, watch: TOLD.watch });
});

test("who came by a name gives away that name, with the server's tokens", () => {
  const links = invitations("https://lab.example/atoms/#token=a", "a", "own", TOLD);
  assert.deepEqual(links, {
    own: "https://lab.example/atoms/#token=a",
    watch: "https://lab.example/atoms/#token=w",
  });
});

test("others give away their own right, and no token where there is none", () => {
  assert.deepEqual(invitations("http://10.0.0.5:1/#token=p%2Fq", "p/q", "pull", null), {
    pull: "http://10.0.0.5:1/#token=p%2Fq",
  });
  assert.deepEqual(invitations("http://10.0.0.5:1/", "", "own", null), { own: "http://10.0.0.5:1/" });
});

test("loopback is what only this machine can open", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"]) assert.ok(isLoopback(`http://${host}:1/`));
  assert.ok(!isLoopback("http://10.0.0.5/"));
});
