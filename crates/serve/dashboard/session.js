// Who is signed in. The token is exchanged for a cookie that no script can read; nothing of it is kept here.
import { getJson, sendJson } from './api.js';
import { element, setText } from './dom.js';

const PATH = '/api/v1/session';

/** `{ name, rights, reading_needs_token, writing_is_possible }`; name and rights are null for a reader without a token. */
export const whoIsThere = () => getJson(PATH);

export const signOut = () => sendJson('DELETE', PATH);

/** A form that asks for a token; calls back when somebody has signed in. */
export function signInForm(sentence, onSignedIn) {
  const field = element('input', { id: 'token', type: 'password', autocomplete: 'current-password', required: true, maxlength: 256 });
  const said = element('p', { class: 'said', role: 'alert' });
  async function submit(event) {
    event.preventDefault();
    setText(said, '');
    try {
      await sendJson('POST', PATH, { token: field.value });
      field.value = '';
      onSignedIn();
    } catch (refused) {
      setText(said, refused.status === 401 ? 'This token is not known here.' : `That did not work: ${refused.message}.`);
    }
  }
  return element('form', { class: 'card sign-in', onsubmit: submit },
    element('h2', {}, 'Sign in'), element('p', { class: 'muted' }, sentence),
    element('div', { class: 'fields' }, element('label', { for: 'token' }, 'Token'), field,
      element('button', { class: 'primary' }, 'Sign in')), said);
}
