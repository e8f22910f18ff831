import { LightningElement, api } from 'lwc';
import userId from '@salesforce/user/Id';
import context from '@salesforce/apex/SufflorPanel.context';

const PUBLIC = '__PUBLIC__';
const ORIGIN = new URL(PUBLIC).origin;
const PANEL = PUBLIC + '/embed/__DESK__';

/**
 * Frames the panel of Sufflor beside a case. It tells the panel which record is
 * open, and hands a draft on to whoever listens to "sufflorinsert"; if nobody
 * does, the agent copies it. It never sends anything to a customer.
 */
export default class SufflorPanel extends LightningElement {
    title = '__NAME__';
    address = '';
    problem = '';
    draft = '';
    record;

    @api
    get recordId() {
        return this.record;
    }
    set recordId(value) {
        if (value === this.record) {
            return;
        }
        this.record = value;
        this.draft = '';
        if (this.address) {
            this.announce();
        } else {
            this.open();
        }
    }

    connectedCallback() {
        this.listener = (event) => this.listen(event);
        window.addEventListener('message', this.listener);
        this.open();
    }

    disconnectedCallback() {
        window.removeEventListener('message', this.listener);
    }

    async open() {
        if (!this.record || this.opening) {
            return;
        }
        this.opening = true;
        try {
            const token = await context({ recordId: this.record });
            this.address = PANEL + '?token=' + encodeURIComponent(token);
            this.problem = '';
        } catch (error) {
            this.problem = error && error.body ? error.body.message : String(error);
        }
        this.opening = false;
    }

    get frame() {
        return this.template.querySelector('iframe');
    }

    listen(event) {
        const frame = this.frame;
        if (event.origin !== ORIGIN || !frame || event.source !== frame.contentWindow) {
            return;
        }
        const said = event.data;
        if (!said || said.sufflor !== 1) {
            return;
        }
        if (said.type === 'ready') {
            this.announce();
        } else if (said.type === 'insert' && typeof said.text === 'string') {
            this.insert(said.text);
        }
    }

    async announce() {
        const frame = this.frame;
        if (!frame || !this.record) {
            return;
        }
        try {
            const token = await context({ recordId: this.record });
            frame.contentWindow.postMessage({ sufflor: 1, type: 'conversation', conversation: this.record, agent: userId, context: token }, ORIGIN);
        } catch (error) {
            this.problem = error && error.body ? error.body.message : String(error);
        }
    }

    insert(text) {
        const taken = !this.dispatchEvent(new CustomEvent('sufflorinsert', { detail: { text }, cancelable: true }));
        if (!taken) {
            this.draft = text;
        }
    }

    async copy() {
        await navigator.clipboard.writeText(this.draft);
        this.draft = '';
    }

    dismiss() {
        this.draft = '';
    }
}
