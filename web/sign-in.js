// @ts-check
/**
 * Who one is: a name, and a token where the server asks for one. One that has not said a name is a
 * guest, and can read and speak at once.
 */

import { by, keep, recall } from "./dom.js";
import { isName } from "./list.js";
import { hue, initial } from "./words.js";

const USER_KEY = "hubbub.user";
const TOKEN_KEY = "hubbub.token";

export class SignIn {
  #dialog = by("sign-in", HTMLDialogElement);
  #user = by("user", HTMLInputElement);
  #tokenPart = by("token-part", HTMLElement);
  #tokenField = by("token", HTMLTextAreaElement);
  #note = by("sign-in-note", HTMLElement);

  /**
   * @param {(user: string) => string} signedIn goes on as this user; what it says is why it cannot
   */
  constructor(signedIn) {
    this.user = recall(sessionStorage, USER_KEY) ?? recall(localStorage, USER_KEY) ?? guest();
    this.token = recall(sessionStorage, TOKEN_KEY) ?? "";
    keep(sessionStorage, USER_KEY, this.user);
    this.#show();
    by("me", HTMLButtonElement).addEventListener("click", () => this.open(""));
    by("sign-in-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    by("sign-in-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(signedIn);
    });
  }

  /** @param {string} why the server did not let one in; empty: nobody asked */
  open(why) {
    if (why !== "") this.#tokenPart.hidden = false;
    this.#note.textContent = why;
    this.#user.value = this.user;
    this.#tokenField.value = this.token;
    if (!this.#dialog.open) this.#dialog.showModal();
    (why === "" ? this.#user : this.#tokenField).select();
  }

  /** @param {(user: string) => string} signedIn */
  #submit(signedIn) {
    const user = this.#user.value.trim();
    if (!isName(user)) {
      this.#note.textContent = "A name has 1 to 64 letters, digits and . _ : - only.";
      return;
    }
    const had = this.token;
    this.token = this.#tokenField.value.trim();
    const why = signedIn(user);
    this.#note.textContent = why;
    if (why !== "") {
      this.token = had;
      return;
    }
    this.user = user;
    keep(sessionStorage, USER_KEY, user);
    keep(localStorage, USER_KEY, user);
    keep(sessionStorage, TOKEN_KEY, this.token);
    this.#show();
    this.#dialog.close();
  }

  #show() {
    const face = by("me-face", HTMLElement);
    face.textContent = initial(this.user);
    face.style.setProperty("--hue", String(hue(this.user)));
    by("me-name", HTMLElement).textContent = this.user;
  }
}

function guest() {
  const [number] = crypto.getRandomValues(new Uint16Array(1));
  return `guest-${number.toString(16).padStart(4, "0")}`;
}
