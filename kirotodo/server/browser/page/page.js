// Tells textual.js where the terminal's socket is, and the server which time zone the visitor lives in.
"use strict";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
document.querySelector("#terminal").dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws/${zone}`;

// Letters as large as usual, unless fewer than 44 columns would fit: the chat needs 40. A letter is 0.6 of its height wide.
const columns = 44;
const letters = Math.max(9, Math.min(16, Math.floor((10 * window.innerWidth) / (columns * 0.6)) / 10));
document.querySelector("#terminal").dataset.fontSize = letters;

document.querySelector("#again").addEventListener("click", () => location.reload());

// What textual.js leaves out: keys go to the terminal at once, and why the server closed the socket is said.
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...args) {
    super(...args);
    this.addEventListener("open", () => {
      this.constructor.terminal = this;
      document.querySelector(".xterm-helper-textarea").focus();
    });
    this.addEventListener("close", (event) => {
      if (event.reason) document.querySelector("#why").textContent = event.reason;
    });
  }
};

// The keys below the terminal send what a keyboard would, and leave the focus, and with it the screen's keyboard, alone.
const keys = { escape: "\x1b", tab: "\t", tasks: "\x14", up: "\x1b[A", down: "\x1b[B", enter: "\r" };
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const terminal = window.WebSocket.terminal;
    if (terminal?.readyState === Socket.OPEN) terminal.send(JSON.stringify(["stdin", keys[button.dataset.key]]));
  });
}
