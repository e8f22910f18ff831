import { LightningElement, api } from 'lwc';
import userId from '@salesforce/user/Id';
import context from '@salesforce/apex/SufflorPanel.context';

const PUBLIC = '__PUBLIC__';
const ORIGIN = new URL(PUBLIC).origin;
const PANEL = PUBLIC + '/embed/__DESK__';

/**
 * Frames the panel of Sufflor beside a record. It tells the panel which record
 * is open. Where a component around it says that it inserts, a draft is handed
 * on as the event "sufflorinsert"; elsewhere the panel lets the agent copy it.
 * Nothing is ever sent to a customer.
 */
export default class SufflorPanel extends LightningElement {
    title = '__NAME__';
    address = '';
    problem = '';
    record;

    @api inserts = false;

    @api
    get recordId() {
        return this.record;
    }
    set recordId(value) {
        if (value === this.record) {
            return;
        }
        this.record = value;
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
            this.insert(said);
        }
    }

    async announce() {
        const frame = this.frame;
        const record = this.record;
        if (!frame || !record) {
            return;
        }
        try {
            const token = await context({ recordId: record });
            if (record !== this.record) {
                return; // another one was opened meanwhile, and is announced
            }
            frame.contentWindow.postMessage(
                { sufflor: 1, type: 'conversation', conversation: record, agent: userId, context: token, insert: this.inserts },
                ORIGIN
            );
        } catch (error) {
            this.problem = error && error.body ? error.body.message : String(error);
        }
    }

    // A draft for the record that was open before is not for this one.
    insert(said) {
        const mine = !said.conversation || said.conversation === this.record;
        const detail = { text: said.text };
        const ok = mine && !this.dispatchEvent(new CustomEvent('sufflorinsert', { detail, cancelable: true }));
        this.frame.contentWindow.postMessage({ sufflor: 1, type: 'inserted', suggestion: said.suggestion, ok }, ORIGIN);
    }
}
