import { LightningElement, api, wire } from 'lwc';
import { subscribe, unsubscribe, APPLICATION_SCOPE, MessageContext } from 'lightning/messageService';
import customerWrote from '@salesforce/messageChannel/lightning__conversationEndUserMessage';
import agentWrote from '@salesforce/messageChannel/lightning__conversationAgentSend';
import { setAgentInput } from 'lightning/conversationToolkitApi';
import heard from '@salesforce/apex/SufflorMessaging.heard';

/**
 * The panel beside a messaging session: it passes on what was said while the
 * page is open, and a draft goes into the composer, where the agent reads it
 * before sending.
 */
export default class SufflorMessagingPanel extends LightningElement {
    @api recordId;

    @wire(MessageContext)
    messages;

    subscriptions = [];

    connectedCallback() {
        this.subscriptions = [
            subscribe(this.messages, customerWrote, (said) => this.pass('EndUser', said), { scope: APPLICATION_SCOPE }),
            subscribe(this.messages, agentWrote, (said) => this.pass('Agent', said), { scope: APPLICATION_SCOPE })
        ];
    }

    disconnectedCallback() {
        this.subscriptions.forEach(unsubscribe);
        this.subscriptions = [];
    }

    async pass(actor, said) {
        if (!said || said.recordId !== this.recordId || !said.content) {
            return;
        }
        const at = new Date(said.timestamp).getTime();
        try {
            await heard({ sessionId: this.recordId, actor, text: said.content, at: Number.isNaN(at) ? Date.now() : at, author: said.name });
        } catch (error) {
            // The next message tries again; a suggestion is missing until then.
            // eslint-disable-next-line no-console
            console.error('Sufflor', error);
        }
    }

    fill(event) {
        event.preventDefault();
        setAgentInput(this.recordId, { text: event.detail.text });
    }
}
