// Tells textual.js where the terminal's socket is, and the server which time zone the visitor lives in.
"use strict";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
document.querySelector("#terminal").dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws/${zone}`;
document.querySelector("#again").addEventListener("click", () => location.reload());

// What textual.js leaves out: keys go to the terminal at once, and why the server closed the socket is said.
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...args) {
    super(...args);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
    this.addEventListener("close", (event) => {
      if (event.reason) document.querySelector("#why").textContent = event.reason;
    });
  }
};
