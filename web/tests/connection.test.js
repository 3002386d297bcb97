import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { Connection } from "../src/connection.js";

/** A browser whose sockets, answers and clock the test controls. */
function fakeBrowser({ href = "https://host:38802/page/#token=x", access } = {}) {
  const sockets = [];
  const timers = [];
  class FakeSocket {
    static OPEN = 1;
    readyState = 0;
    sent = [];

    constructor(url) {
      this.url = String(url);
      sockets.push(this);
    }

    send(data) {
      this.sent.push(decode(data));
    }

    opens() {
      this.readyState = FakeSocket.OPEN;
      this.onopen();
    }

    receives(message) {
      const data = encode(message);
      this.onmessage({ data: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) });
    }

    closes(reason = "") {
      this.readyState = 3;
      this.onclose({ reason });
    }
  }
  const asked = [];
  return {
    WebSocket: FakeSocket,
    location: { href },
    setTimeout: (callback, wait) => timers.push({ callback, wait }),
    fetch: async (url) => {
      asked.push(url);
      if (!access) throw new TypeError("no server");
      return access;
    },
    sockets,
    timers,
    asked,
  };
}

function listen(connection) {
  const heard = [];
  for (const type of ["frame", "state", "open", "lost", "refused", "error"]) {
    connection.addEventListener(type, ({ detail }) => heard.push([type, detail]));
  }
  return heard;
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

function opened(options) {
  const browser = fakeBrowser(options);
  const connection = new Connection("", browser);
  const heard = listen(connection);
  connection.open();
  browser.sockets[0].opens();
  return { browser, connection, heard, socket: browser.sockets[0] };
}

test("the address is that of the page, secure where the page is, with the token and without the fragment", () => {
  const browser = fakeBrowser();
  new Connection("a b&c", browser).open();
  assert.equal(browser.sockets[0].url, "wss://host:38802/page/?token=a%20b%26c");
  const plain = fakeBrowser({ href: "http://localhost:38802/" });
  new Connection("", plain).open();
  assert.equal(plain.sockets[0].url, "ws://localhost:38802/");
});

test("frames and state add up, and are told", () => {
  const { connection, heard, socket } = opened();
  socket.receives({ frame: { "frame.index": 0, "energy.potential": 1 } });
  socket.receives({ frame: { "frame.index": 1, "engine.name": "pm6" }, state: { updates: { a: 1 }, removals: [] } });
  assert.deepEqual(connection.frame, { "frame.index": 1, "energy.potential": 1, "engine.name": "pm6" });
  assert.deepEqual([...connection.state], [["a", 1]]);
  assert.deepEqual(
    heard.map(([type]) => type),
    ["open", "frame", "frame", "state"],
  );
});

test("each command gets its own answer, in whatever order they come", async () => {
  const { connection, socket } = opened();
  const [first, second] = [connection.run("playback/list"), connection.run("dance", { a: 1 })];
  const requests = socket.sent.map(({ command }) => command.request);
  assert.deepEqual(requests[1], { name: "dance", arguments: { a: 1 }, id: requests[1].id });
  socket.receives({
    command: [
      { request: requests[1], exception: "There is no command 'dance'." },
      { request: requests[0], response: { simulations: ["methane"] } },
      { request: { name: "unasked", id: 99 }, response: null },
    ],
  });
  assert.deepEqual(await first, { simulations: ["methane"] });
  await assert.rejects(second, /no command 'dance'/);
});

test("without a connection a command fails with a sentence, and an update is not kept", async () => {
  const browser = fakeBrowser();
  const connection = new Connection("", browser);
  await assert.rejects(connection.run("playback/play"), /There is no connection/);
  connection.update({ a: 1 });
  connection.open();
  browser.sockets[0].opens();
  assert.deepEqual(browser.sockets[0].sent, []);
});

test("a connection that breaks fails what was asked, says so, and is opened again after a second with nothing left", async () => {
  const { browser, connection, heard, socket } = opened();
  socket.receives({ frame: { "frame.index": 0 }, state: { updates: { a: 1 }, removals: [] } });
  const asked = connection.run("playback/play");
  socket.closes();
  await assert.rejects(asked, /connection was lost/);
  assert.match(heard.at(-1)[1], /lost; trying again/);
  assert.equal(connection.isOpen, false);
  assert.equal(browser.timers.length, 1);
  assert.equal(browser.timers[0].wait, 1000);
  browser.timers[0].callback();
  browser.sockets[1].opens();
  assert.equal(connection.isOpen, true);
  assert.deepEqual(connection.frame, {});
  assert.equal(connection.state.size, 0);
  assert.deepEqual(browser.asked, []);
});

test("the server's own reason for closing is told", () => {
  const { heard, socket } = opened();
  socket.closes("MessagePack can't be read");
  assert.deepEqual(heard.at(-1), ["lost", "MessagePack can't be read"]);
});

test("a socket that never opened is asked about: turned away, it does not try again by itself", async () => {
  const access = { ok: false, text: async () => "This server asks for a token.\n" };
  const browser = fakeBrowser({ access });
  const connection = new Connection("wrong", browser);
  const heard = listen(connection);
  connection.open();
  browser.sockets[0].closes();
  await soon();
  assert.deepEqual(browser.asked, ["./access?token=wrong"]);
  assert.deepEqual(heard, [["refused", "This server asks for a token."]]);
  assert.equal(browser.timers.length, 0);
  connection.token = "right";
  connection.open();
  assert.match(browser.sockets[1].url, /token=right/);
});

test("a socket that never opened though it may is tried again, and a server that is gone is said to be", async () => {
  for (const [access, said] of [
    [{ ok: true }, []],
    [undefined, [["lost", "The server does not answer; trying again…"]]],
  ]) {
    const browser = fakeBrowser({ access });
    const connection = new Connection("", browser);
    const heard = listen(connection);
    connection.open();
    browser.sockets[0].closes();
    await soon();
    assert.deepEqual(heard, said);
    assert.equal(browser.timers.length, 1);
  }
});

test("an error of the server's is told", () => {
  const { heard, socket } = opened();
  socket.receives({ error: "interaction.a: there is no atom 99." });
  assert.deepEqual(heard.at(-1), ["error", "interaction.a: there is no atom 99."]);
});
