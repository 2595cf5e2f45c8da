import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { ports } from '../../naming.js';
import { accept } from '../accept.js';
import { type Host, hostDescriptions, hosts, type Opening, openings } from './traffic.js';

export interface SecurityGroupsProps {
  readonly vpcId: string;
  readonly ipv6: boolean;
  /** Networks that may reach the operations host by SSH. */
  readonly sshAllow: readonly string[];
  /** Whether the balancer asks an identity provider, which is somewhere on the internet. */
  readonly balancerSignsIn: boolean;
}

/** One security group for each kind of host. Between hosts, rules name groups and never addresses. */
export class SecurityGroups extends Construct {
  readonly #groups: Readonly<Record<Host, CfnSecurityGroup>>;
  readonly #ipv6: boolean;

  constructor(scope: Construct, id: string, { vpcId, ipv6, sshAllow, balancerSignsIn }: SecurityGroupsProps) {
    super(scope, id);
    this.#ipv6 = ipv6;
    this.#groups = Object.fromEntries(hosts.map((host) => [host, this.#make(host, vpcId)])) as never;
    for (const opening of openings) this.#open(opening);
    if (balancerSignsIn) {
      this.#open({ from: 'balancer', to: 'internet', port: ports.https, why: 'the identity provider' });
    }
    sshAllow.forEach((range, index) => {
      new CfnSecurityGroupIngress(this, `Ssh${index + 1}`, {
        groupId: this.idOf('operations'),
        ...tcp(ports.ssh),
        cidrIp: range,
        description: 'SSH from the allow list',
      });
    });
  }

  idOf(host: Host): string {
    return this.#groups[host].attrGroupId;
  }

  #make(host: Host, vpcId: string): CfnSecurityGroup {
    return new CfnSecurityGroup(this, host, {
      vpcId,
      groupDescription: hostDescriptions[host],
      // Without any rule AWS allows everything out. This one allows nothing: no host has that address.
      securityGroupEgress: [
        {
          cidrIp: '255.255.255.255/32',
          ipProtocol: 'icmp',
          fromPort: 252,
          toPort: 86,
          description: 'Nothing, but for what is allowed one by one',
        },
      ],
    });
  }

  #open({ from, to, port, why }: Opening): void {
    const name = `${from}-${to}-${port}`;
    const rule = { ...tcp(port), description: why };
    if (from === 'internet' && to !== 'internet') {
      const everybody = [{ cidrIp: '0.0.0.0/0' }, ...(this.#ipv6 ? [{ cidrIpv6: '::/0' }] : [])];
      everybody.forEach((peer, index) => {
        const ingress = new CfnSecurityGroupIngress(this, `${name}-in${index === 0 ? '' : '6'}`, {
          groupId: this.idOf(to),
          ...rule,
          ...peer,
        });
        accept(
          ingress,
          'EC23',
          'The balancer is what visitors reach, on 80 and 443; nothing else is open to everybody.',
        );
      });
    } else if (from !== 'internet' && to === 'internet') {
      new CfnSecurityGroupEgress(this, `${name}-out`, { groupId: this.idOf(from), ...rule, cidrIp: '0.0.0.0/0' });
    } else if (from !== 'internet' && to !== 'internet') {
      const [source, target] = [this.idOf(from), this.idOf(to)];
      new CfnSecurityGroupIngress(this, `${name}-in`, { groupId: target, ...rule, sourceSecurityGroupId: source });
      new CfnSecurityGroupEgress(this, `${name}-out`, { groupId: source, ...rule, destinationSecurityGroupId: target });
    }
  }
}

const tcp = (port: number) => ({ ipProtocol: 'tcp', fromPort: port, toPort: port });
